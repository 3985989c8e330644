package newsroom_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestAnEditorPreviewsPublishesAndStopsInTheBrowser(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.NewReader("outage/messages-down:all")
		if page := w.Get("/editor"); page.Request.URL.Path != "/editor/sign-in" {
			t.Fatalf("without a session: %s", page.Request.URL.Path)
		}
		w.Submit("/editor/sign-in", url.Values{"token": {"wrong"}}).WantStatus(t, http.StatusUnprocessableEntity)
		w.Submit("/editor/sign-in", url.Values{"token": {" " + w.Token + "\n"}}).WantStatus(t, http.StatusOK)

		form := url.Values{"kind": {"update"}, "alert": {"all"}, "headline": {"Messages fail"}, "body": {""}, "state.messenger": {"failing"}, "do": {"preview"}}
		if page := w.Submit("/editor/outages/messages-down/updates", form); !strings.Contains(page.Text, "Send to 1 reader now?") || !strings.Contains(page.Text, "has not sent an alert yet") {
			t.Errorf("the preview does not ask whether to send to 1 reader: %s", page.Text)
		}
		form.Set("headline", "")
		w.Submit("/editor/outages/messages-down/updates", form).WantStatus(t, http.StatusUnprocessableEntity)
		form.Set("headline", "Messages fail")
		form.Set("do", "publish")
		if page := w.Submit("/editor/outages/messages-down/updates", form); page.Request.URL.Path != "/editor/outages/messages-down" || !strings.Contains(page.Text, `data-state="holding"`) {
			t.Errorf("after publishing: %s", page.Request.URL)
		}
		var alert struct{ State string }
		w.Get("/editor/alerts/1/counts").Decode(t, http.StatusOK, &alert)
		if page := w.Get("/editor/outages/messages-down"); !strings.Contains(page.Text, "Stop") {
			t.Error("the alert cannot be stopped")
		}
		if w.Submit("/editor/alerts/1/stop", nil).WantStatus(t, http.StatusOK); alert.State != "holding" {
			t.Errorf("alert = %+v", alert)
		}
		if alert, err := w.Alert(t.Context(), 1); err != nil || alert.State != models.Stopped {
			t.Errorf("alert = %+v, %v; want stopped", alert, err)
		}
		entries, err := w.AuditEntries(t.Context(), 2)
		if err != nil || entries[0].Actor != "token newsroom" || entries[0].Action != "stop alert" {
			t.Errorf("audit = %+v, %v", entries, err)
		}
		if err := w.RevokeToken(t.Context(), "newsroom", models.Operator); err != nil {
			t.Fatal(err)
		}
		if page := w.Get("/editor"); page.Request.URL.Path != "/editor/sign-in" {
			t.Error("a revoked token keeps its session")
		}
	})
}

func TestSigningOutEndsTheSession(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.SignIn()
		w.Submit("/editor/sign-out", nil)
		if page := w.Get("/editor"); page.Request.URL.Path != "/editor/sign-in" {
			t.Error("still signed in")
		}
	})
}

func TestThePreviewCountsReadersInQuietHoursAndTheNewsroomReadersOfCatchUps(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		secret := w.NewReader("outage/messages-down:all")
		w.Call(http.MethodPatch, "/api/v1/subscription", secret, map[string]any{ // the clock shows 18:04
			"quiet_hours": map[string]any{"from": "18:00", "until": "07:00"}, "time_zone": "Europe/London",
		}).WantStatus(t, http.StatusOK)
		w.SignIn()
		form := url.Values{"kind": {"update"}, "alert": {"all"}, "headline": {"Messages fail"}, "do": {"preview"}}
		if page := w.Submit("/editor/outages/messages-down/updates", form); !strings.Contains(page.Text, "In quiet hours: 1 reader") {
			t.Error("the preview does not say that the reader is in quiet hours")
		}
		w.PublishNow(models.Draft{Outage: "messages-down"})
		w.SendAlert(t, 1, ledger.Accepted)
		if page := w.Get("/editor/outages/messages-down"); !strings.Contains(page.Text, `data-part="deferred">1<`) {
			t.Error("the newsroom does not count the deferred reader")
		}
		w.Clock.Advance(13 * time.Hour) // the session has ended
		w.SignIn()
		if err := w.OpenCatchUps(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.PlanAll(2)
		if page := w.Get("/editor/outages/messages-down"); !strings.Contains(page.Text, "Catch-up for deferred readers") {
			t.Error("the newsroom does not show the catch-up that is being sent")
		}
		w.SendAlert(t, 2, ledger.Accepted)
		if page := w.Get("/editor/outages/messages-down"); !strings.Contains(page.Text, "Notified later, in a catch-up: 1 reader") {
			t.Error("the newsroom does not count the reader of the catch-up")
		}
	})
}

func TestAReloadSendsOnceAndTheSameWordsNeedASecondButton(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.NewReader("outage/messages-down:all")
		w.SignIn()
		const updates = "/editor/outages/messages-down/updates"
		form := url.Values{"kind": {"update"}, "alert": {"all"}, "headline": {"Messages <fail>"}, "do": {"publish"}, "key": {keyOn(t, w.Get("/editor/outages/messages-down"))}}
		for range 2 { // a reload sends the form again
			isAt(t, w.Submit(updates, form), "/editor/outages/messages-down")
		}
		outage, err := w.Store.Outage(t.Context(), "messages-down")
		if err != nil {
			t.Fatal(err)
		}
		count := func(want int) {
			t.Helper()
			if all, err := w.Updates(t.Context(), outage); err != nil || len(all) != want {
				t.Errorf("%d updates, %v; want %d", len(all), err, want)
			}
		}
		count(1)
		other := keyOn(t, w.Get("/editor/outages/messages-down"))
		if other == form.Get("key") {
			t.Error("two pages have the same key")
		}
		form.Set("key", other)
		asked := w.Submit(updates, form)
		asked.WantStatus(t, http.StatusConflict)
		if !strings.Contains(asked.Text, "same words") || !strings.Contains(asked.Text, "Send it again") || !strings.Contains(asked.Text, "Messages &lt;fail&gt;") {
			t.Errorf("the page does not ask: %s", asked.Text)
		}
		count(1)
		form.Set("do", "again")
		isAt(t, w.Submit(updates, form), "/editor/outages/messages-down")
		count(2)
	})
}

func TestAFormThatHasPublishedSaysSoWhenItIsSentWithOtherWords(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.SignIn()
		const updates = "/editor/outages/messages-down/updates"
		form := url.Values{"kind": {"update"}, "alert": {"all"}, "headline": {"Messages fail"}, "do": {"publish"}, "key": {keyOn(t, w.Get("/editor/outages/messages-down"))}}
		isAt(t, w.Submit(updates, form), "/editor/outages/messages-down")
		form.Set("headline", "Photos fail too") // after going back in the browser
		refused := w.Submit(updates, form)
		refused.WantStatus(t, http.StatusUnprocessableEntity)
		if !strings.Contains(refused.Text, "This form has already published an update") || strings.Contains(refused.Text, "The outage is resolved") {
			t.Errorf("the page gives a wrong reason: %s", refused.Text)
		}
		form.Set("key", keyOn(t, refused))
		isAt(t, w.Submit(updates, form), "/editor/outages/messages-down")
	})
}

var hiddenKey = regexp.MustCompile(`name="key" value="([^"]+)"`)

// keyOn returns the request key in a page's form.
func keyOn(t *testing.T, page handlerstest.Answer) string {
	t.Helper()
	found := hiddenKey.FindStringSubmatch(page.Text)
	if found == nil {
		t.Fatalf("the form has no key: %s", page.Text)
	}
	return found[1]
}

func TestAnEditorUndoesWithinTheWindowAndFindsTheTextAgain(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{UndoWindow: 10 * time.Second}, func(t *testing.T, db *modelstest.DB) {
		w := handlerstest.New(t, db, handlers.Options{})
		w.SignInWith(w.Session(w.Person("ada@example.org", models.RoleEditor)))
		const outage = "/editor/outages/messages-down"
		form := url.Values{"kind": {"update"}, "alert": {"all"}, "headline": {"Messages <fail>"}, "body": {"Since nine."}, "do": {"publish"}, "key": {keyOn(t, w.Get(outage))}}
		held := w.Submit(outage+"/updates", form)
		for _, want := range []string{"Not sent yet", `data-seconds="10"`, ">Undo<", "Messages &lt;fail&gt;"} {
			if !strings.Contains(held.Text, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
		back := w.Submit("/editor/alerts/1/stop", nil)
		isAt(t, back, outage)
		if !strings.Contains(back.Text, `value="Messages &lt;fail&gt;"`) || !strings.Contains(back.Text, "Since nine.") || !strings.Contains(back.Text, "Readers never saw this") {
			t.Errorf("the text is not back: %s", back.Text)
		}
		if page := w.Get("/editor/alerts/1"); !strings.Contains(page.Text, "Undone: nothing was sent") || strings.Contains(page.Text, "/stop") {
			t.Error("the alert's page does not say that it was undone")
		}
		form.Set("key", keyOn(t, back))
		w.Submit(outage+"/updates", form)
		w.Clock.Advance(10 * time.Second)
		if _, err := w.EndUndoWindows(t.Context()); err != nil {
			t.Fatal(err)
		}
		sent := w.Submit("/editor/alerts/2/stop", nil) // too late to undo
		if strings.Contains(sent.Text, `value="Messages`) || !strings.Contains(sent.Text, "Stopped") {
			t.Errorf("an alert is undone after its window: %s", sent.Text)
		}
	})
}
