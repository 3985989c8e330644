package newsroom_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestTheConfirmationSavesTheDraftAndSendsExactlyWhatItShows(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.NewReader("outage/messages-down:all")
		w.PublishNow(models.Draft{Outage: "messages-down"})
		w.SendAlert(t, 1, ledger.Accepted)
		w.Report(t, handlerstest.Receipt{Alert: 1, Receipt: w.Proof(1, 1), Event: "dismissed"})
		if err := w.FlushReceipts(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(4 * time.Minute)
		w.SignInWith(w.Session(w.Person(ada, models.RoleEditor)))

		form := typed("Messages <b>return</b>", 0, 0, "preview")
		form.Set("alert", "all")
		form.Set("body", "\nOn **both** apps.\n\nAt last.")
		form["apps"] = []string{"messenger", "instagram"}
		form.Set("state.messenger", "up")
		page := w.Submit(updates, form)
		page.WantStatus(t, http.StatusOK)
		for _, part := range []string{
			"Send to 1 reader now?", "Last alert 4 minutes ago; 100% dismissed it.", "Messages &lt;b&gt;return&lt;/b&gt;", "<strong>both</strong>",
			"Sets messenger: Up.", ">Send now<", "push services will have accepted 50% by <time", `name="version" value="1"`,
		} {
			if !strings.Contains(page.Text, part) {
				t.Errorf("the confirmation lacks %s", part)
			}
		}
		if w.Count("drafts") != 1 || w.Count("updates") != 1 {
			t.Errorf("%d drafts, %d updates; want the draft saved, and nothing published", w.Count("drafts"), w.Count("updates"))
		}
		isAt(t, w.Submit(updates, formOn(page, "publish")), "/editor/outages/messages-down")
		outage, err := w.Store.Outage(t.Context(), "messages-down")
		if err != nil {
			t.Fatal(err)
		}
		all, err := w.Updates(t.Context(), outage)
		if err != nil || len(all) != 2 {
			t.Fatalf("updates = %+v, %v", all, err)
		}
		if u := all[0]; u.Headline != "Messages <b>return</b>" || u.Body != "On **both** apps.\n\nAt last." || len(u.Apps) != 2 || w.Count("drafts") != 0 {
			t.Errorf("published %+v; %d drafts", u, w.Count("drafts"))
		}
		twice := w.Submit(updates, formOn(page, "publish")) // a second press
		if isAt(t, twice, "/editor/outages/messages-down"); w.Count("updates") != 2 {
			t.Errorf("%d updates after a second press", w.Count("updates"))
		}
	})
}

func TestAnAudienceThatCannotBeCountedInTimeDoesNotKeepAnybodyFromSending(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{CountTimeout: time.Nanosecond}, func(t *testing.T, db *modelstest.DB) {
		w := handlerstest.New(t, db, handlers.Options{})
		w.NewReader("outage/messages-down:all")
		second := w.Elsewhere()
		w.SignInWith(w.Session(w.Person(ada, models.RoleEditor)))
		second.SignInWith(w.Session(w.Person(bob, models.RoleEditor)))

		form := typed("Messages return", 0, 0, "preview")
		form.Set("alert", "all")
		page := w.Submit(updates, form)
		says(t, page, http.StatusOK, "Send without knowing to how many readers?", "or send it all the same")
		isAt(t, w.Submit(updates, formOn(page, "publish")), "/editor/outages/messages-down")
		if w.Count("alerts") != 1 {
			t.Fatalf("%d alerts were sent; want 1", w.Count("alerts"))
		}

		limit := 1000 // it may be exceeded
		if err := w.SetPolicy(t.Context(), models.Policy{AboveReaders: &limit}, "test"); err != nil {
			t.Fatal(err)
		}
		form.Set("headline", "Messages fail again")
		page = w.Submit(updates, form)
		says(t, page, http.StatusOK, "This alert may need a second person: one to more than 1,000 readers does.", "Ask for approval")
		says(t, w.Submit(updates, formOn(page, "publish")), http.StatusConflict, "Nothing was sent")
		w.Submit(updates, formOn(page, "ask"))
		says(t, second.Get("/editor/approvals/1"), http.StatusOK, "Approve this alert?")
		second.Submit("/editor/approvals/1/approve", nil)
		w.Submit(updates, formOn(page, "publish"))
		if w.Count("alerts") != 2 {
			t.Errorf("%d alerts were sent; want the approved one too", w.Count("alerts"))
		}
	})
}

var (
	hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
	hiddenText  = regexp.MustCompile(`(?s)<textarea name="([^"]+)" hidden>\n?(.*?)</textarea>`)
)

// formOn returns the hidden fields of a page's form, and the button that is pressed.
func formOn(page handlerstest.Answer, do string) url.Values {
	form := url.Values{"do": {do}}
	for _, field := range append(hiddenInput.FindAllStringSubmatch(page.Text, -1), hiddenText.FindAllStringSubmatch(page.Text, -1)...) {
		if value := html.UnescapeString(field[2]); !slices.Contains(form[field[1]], value) { // a page may have two forms of the draft
			form.Add(field[1], value)
		}
	}
	return form
}
