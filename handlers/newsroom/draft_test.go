package newsroom_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/ledger"
)

const updates, autosave = "/editor/outages/messages-down/updates", "/editor/outages/messages-down/draft"

// typed returns the form of a draft that knows of a saved version.
func typed(headline string, id, version int64, do ...string) url.Values {
	return url.Values{
		"kind": {"update"}, "alert": {"none"}, "headline": {headline}, "do": do,
		"draft": {strconv.FormatInt(id, 10)}, "version": {strconv.FormatInt(version, 10)},
	}
}

func TestADraftIsSavedAsItIsTypedAndPublished(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Join(ada, models.RoleEditor)
		var saved struct {
			ID, Version  int64
			Headline     string
			Notification struct{ Title, Body string }
		}
		form := typed("Messages", 0, 0)
		form.Set("body", "Since **nine**: AT&T too.")
		w.Submit(autosave, form).Decode(t, http.StatusOK, &saved)
		if n := saved.Notification; n.Title != "Messages" || n.Body != "Since nine: AT&T too." {
			t.Errorf("the preview shows %+v; want the notification that is sent", n)
		}
		w.Submit(autosave, typed("Messages <b>fail</b>", saved.ID, saved.Version)).Decode(t, http.StatusOK, &saved)
		page := w.Get("/editor/outages/messages-down")
		for _, part := range []string{`value="Messages &lt;b&gt;fail&lt;/b&gt;"`, `name="version" value="2"`, "Draft saved", "20 characters", `data-part="title">Messages &lt;b&gt;fail&lt;/b&gt;</p>`} {
			if !strings.Contains(page.Text, part) {
				t.Errorf("the page lacks %s", part)
			}
		}
		w.Submit(autosave, typed("Stale", saved.ID, 1)).Decode(t, http.StatusConflict, &saved)
		if saved.Version != 2 || saved.Headline != "Messages <b>fail</b>" {
			t.Errorf("the conflict says %+v", saved)
		}
		w.Submit(autosave, typed(strings.Repeat("x", 17<<10), saved.ID, 2)).WantStatus(t, http.StatusUnprocessableEntity)
		isAt(t, w.Submit(updates, typed("Messages fail", saved.ID, 2, "publish")), "/editor/outages/messages-down")
		if w.Count("drafts") != 0 || w.Count("updates") != 1 {
			t.Errorf("%d drafts, %d updates; want the draft to become the update", w.Count("drafts"), w.Count("updates"))
		}
		again := w.Submit(updates, typed("Messages fail", saved.ID, 2, "publish"))
		if again.WantStatus(t, http.StatusConflict); !strings.Contains(again.Text, "published or emptied in another window") || w.Count("updates") != 1 {
			t.Error("a second window publishes the same draft again")
		}
	})
}

func TestWithoutJavaScriptAConflictShowsBothTexts(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Join(ada, models.RoleEditor)
		if page := w.Submit(updates, typed("On the phone", 0, 0, "save")); !strings.Contains(page.Text, `value="On the phone"`) {
			t.Error("the saved draft is not in the form")
		}
		for _, do := range []string{"save", "publish"} {
			page := w.Submit(updates, typed("On the laptop", 0, 0, do))
			page.WantStatus(t, http.StatusConflict)
			for _, part := range []string{`value="On the laptop"`, ">On the phone<", `name="draft" value="1"`, `name="version" value="1"`} {
				if !strings.Contains(page.Text, part) {
					t.Errorf("%s: the page lacks %s", do, part)
				}
			}
		}
		isAt(t, w.Submit(updates, typed("On the laptop", 1, 1, "save")), "/editor/outages/messages-down")
	})
}

func TestSigningInAgainComesBackToTheDraft(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Join(ada, models.RoleEditor)
		w.Submit(updates, typed("Messages fail", 0, 0, "save"))
		w.Clock.Advance(models.SessionLife + time.Second)
		page := w.Submit(updates, typed("Messages fail", 1, 1, "publish"))
		if isAt(t, page, "/editor/sign-in"); !strings.Contains(page.Text, `name="outage" value="messages-down"`) {
			t.Fatal("the sign-in does not know where to return to")
		}
		form := url.Values{"email": {ada}, "password": {"wrong"}, "outage": {"messages-down"}}
		if wrong := w.Submit("/editor/sign-in", form); !strings.Contains(wrong.Text, `name="outage" value="messages-down"`) {
			t.Error("a wrong password forgets where to return to")
		}
		form.Set("password", "a lantern over the harbour")
		page = w.Submit("/editor/sign-in", form)
		if isAt(t, page, "/editor/outages/messages-down"); !strings.Contains(page.Text, `value="Messages fail"`) {
			t.Error("the draft is gone")
		}
		form.Set("outage", "//evil.example")
		isAt(t, w.Submit("/editor/sign-in", form), "/editor")
	})
}

func TestTheOutageSaysWhoIsWriting(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		there := w.Elsewhere()
		there.Join(bob, models.RoleEditor)
		there.Submit(autosave, typed("Messages fail", 0, 0)).WantStatus(t, http.StatusOK)
		w.Join("eve@news.example", models.RoleViewer)
		if page := w.Get("/editor/outages/messages-down"); !strings.Contains(page.Text, "<strong>Somebody</strong> is writing too") || strings.Contains(page.Text, "Messages fail") {
			t.Error("the page does not say who is writing, or shows their draft")
		}
		if page := there.Get("/editor/outages/messages-down"); strings.Contains(page.Text, "is writing too") {
			t.Error("the page tells a writer about themselves")
		}
		form := typed("Messages <b>fail</b>", 1, 1, "publish")
		there.Submit(updates, form)
		says(t, w.Get("/editor/outages/messages-down/presence"), http.StatusOK, "<strong>Somebody</strong> published “Messages &lt;b&gt;fail&lt;/b&gt;”")
		undone := map[string]any{"kind": "update", "alert": "all", "headline": "Undone at once", "undo_seconds": 10}
		w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, undone).WantStatus(t, http.StatusCreated)
		says(t, w.Get("/editor/outages/messages-down/presence"), http.StatusOK, "sent “Undone at once”")
		w.Call(http.MethodPost, "/api/v1/alerts/1/stop", w.Token, nil).WantStatus(t, http.StatusOK)
		if page := w.Get("/editor/outages/messages-down/presence"); strings.Contains(page.Text, "Undone") {
			t.Error("the page says that an update was sent that was undone")
		}
		w.PublishUpdate("By a program")
		says(t, w.Get("/editor/outages/messages-down/presence"), http.StatusOK, "<strong>token newsroom</strong> published “By a program”")
		w.Clock.Advance(11 * time.Minute)
		says(t, w.Get("/editor/outages/messages-down/presence"), http.StatusOK, "Nobody else is writing about this now.")
		w.Get("/editor/outages/none/presence").WantStatus(t, http.StatusNotFound)
	})
}

func TestThePageCountsTheAudienceOfTheDraft(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.SignInWith(w.Session(w.Person(ada, models.RoleEditor)))
		w.NewReader("outage/messages-down:all")
		w.NewReader("outage/messages-down:key")
		w.NewReader("app/messenger:all")
		var counts struct {
			Readers, All, Key int
			PushServices      []struct {
				Name    string
				Readers int
			} `json:"push_services"`
			Arrival []struct {
				Percent int
				At      time.Time
			}
		}
		form := url.Values{"kind": {"update"}, "alert": {"key"}, "apps": {"messenger"}} // nothing is written yet
		w.Submit("/editor/outages/messages-down/audience", form).Decode(t, http.StatusOK, &counts)
		if counts.Readers != 3 || counts.All != 2 || counts.Key != 1 || len(counts.PushServices) != 1 || counts.PushServices[0].Name != "Google" {
			t.Errorf("the audience is %+v; want 2 of all updates and 1 of key moments, with Google", counts)
		}
		if len(counts.Arrival) != 0 {
			t.Errorf("arrives %v; want no time before an alert was measured", counts.Arrival)
		}
		w.NewReader("outage/messages-down:all")
		w.Submit("/editor/outages/messages-down/audience", form).Decode(t, http.StatusOK, &counts)
		if counts.Readers != 3 {
			t.Errorf("%d readers; want no new count within ten seconds", counts.Readers)
		}
		w.Clock.Advance(11 * time.Second)
		w.Submit("/editor/outages/messages-down/audience", form).Decode(t, http.StatusOK, &counts)
		if counts.Readers != 4 {
			t.Errorf("%d readers; want a new count", counts.Readers)
		}
		w.SendAlert(t, w.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID, ledger.Accepted)
		w.Submit("/editor/outages/messages-down/audience", form).Decode(t, http.StatusOK, &counts)
		byTheEnd := w.Clock.Now().Add(w.UndoWindow() + time.Second)
		if len(counts.Arrival) != 3 || counts.Arrival[1].Percent != 90 || !counts.Arrival[2].At.Equal(byTheEnd) {
			t.Errorf("arrives %v; want 99%% by %v, as the last alert", counts.Arrival, byTheEnd)
		}
		form.Set("alert", "everybody")
		w.Submit("/editor/outages/messages-down/audience", form).WantStatus(t, http.StatusUnprocessableEntity)

		draft := typed("Messages fail", 0, 0, "save")
		draft.Set("alert", "all")
		page := w.Submit(updates, draft)
		if !strings.Contains(page.Text, `data-part="readers">2<`) || !strings.Contains(page.Text, "Google 2") || !strings.Contains(page.Text, "99% by <time") {
			t.Error("without JavaScript, the page does not count the saved draft's audience")
		}
	})
}
