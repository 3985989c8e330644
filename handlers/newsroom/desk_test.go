package newsroom_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

func TestAnEditorOpensAnOutageWithoutTypingAnAddress(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Join(bob, models.RoleEditor)
		wrong := w.Submit("/editor/outages", url.Values{"headline": {" "}, "standfirst": {"<b>kept</b>"}})
		wrong.WantStatus(t, http.StatusUnprocessableEntity)
		for _, want := range []string{"Headline is required.", "Apps must name at least one app.", "&lt;b&gt;kept&lt;/b&gt;"} {
			if !strings.Contains(wrong.Text, want) {
				t.Errorf("the form lacks %q: %s", want, wrong.Text)
			}
		}
		form := url.Values{"headline": {"Фото не загружаются"}, "apps": {"instagram"}, "state.instagram": {"recovering"}}
		isAt(t, w.Submit("/editor/outages", form), "/editor/outages/foto-ne-zagruzhaiutsia")
		isAt(t, w.Submit("/editor/outages", form), "/editor/outages/foto-ne-zagruzhaiutsia-2")
		form.Set("slug", "messages-down")
		if taken := w.Submit("/editor/outages", form); !strings.Contains(taken.Text, "Address is taken by another outage.") {
			t.Errorf("an address that is taken: %s", taken.Status)
		}
		form.Set("slug", "Not An Address")
		w.Submit("/editor/outages", form).WantStatus(t, http.StatusUnprocessableEntity)
		form.Del("slug")
		form.Set("state.instagram", "exploded")
		if bad := w.Submit("/editor/outages", form); !strings.Contains(bad.Text, "Apps have a state that does not exist") {
			t.Errorf("an unknown state: %s", bad.Status)
		}
		if long := w.Submit("/editor/outages", url.Values{"headline": {strings.Repeat("long", 70)}, "apps": {"instagram"}}); long.Request.URL.Path != "/editor/outages/"+strings.Repeat("long", 70)[:70] {
			t.Errorf("one long word: %s", long.Request.URL.Path)
		}
		front := w.Get("/editor")
		if !strings.Contains(front.Text, "Фото не загружаются") || !strings.Contains(front.Text, "0 followers") || !strings.Contains(front.Text, "No alert yet") {
			t.Error("the list lacks the outage, its followers or its last alert")
		}
	})
}

func TestAnEditorEditsAnOutage(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Join(bob, models.RoleEditor)
		const edit = "/editor/outages/messages-down/edit"
		if page := w.Get(edit); page.StatusCode != http.StatusOK || !strings.Contains(page.Text, `value="messages-down"`) || strings.Count(page.Text, " checked") != 2 {
			t.Errorf("the form does not show the outage as it is: %s", page.Text)
		}
		form := url.Values{"known": {knownOf(t, w, edit)}, "headline": {"Chats are down"}, "slug": {"chats-down"}, "apps": {"messenger"}}
		isAt(t, w.Submit(edit, form), "/editor/outages/chats-down")
		if page := w.Get("/outages/chats-down"); !strings.Contains(page.Text, "Chats are down") {
			t.Errorf("the live page shows %s", page.Text)
		}
		w.Get(edit).WantStatus(t, http.StatusNotFound)
		w.NewReader("outage/chats-down:all")
		form.Set("slug", "posts-down")
		form.Set("known", knownOf(t, w, "/editor/outages/chats-down/edit"))
		refused := w.Submit("/editor/outages/chats-down/edit", form)
		if refused.WantStatus(t, http.StatusUnprocessableEntity); !strings.Contains(refused.Text, "Address cannot change any more") || !strings.Contains(refused.Text, `value="posts-down"`) {
			t.Errorf("refused with %s", refused.Text)
		}
	})
}

// knownOf returns what the form of an outage knows of it.
func knownOf(t *testing.T, w *handlerstest.Web, edit string) string {
	t.Helper()
	found := regexp.MustCompile(`name="known" value="([^"]+)"`).FindStringSubmatch(w.Get(edit).Text)
	if found == nil {
		t.Fatal("the form does not say what it knows")
	}
	return found[1]
}

func TestAnEditOverANewerOneShowsBoth(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Join(bob, models.RoleEditor)
		const edit = "/editor/outages/messages-down/edit"
		opened := knownOf(t, w, edit)
		form := url.Values{"known": {opened}, "headline": {"First"}, "slug": {"messages-down"}, "apps": {"messenger"}}
		isAt(t, w.Submit(edit, form), "/editor/outages/messages-down")
		form.Set("headline", "Second")
		refused := w.Submit(edit, form)
		refused.WantStatus(t, http.StatusConflict)
		now := knownOf(t, w, edit)
		for _, want := range []string{"Somebody else has edited this outage", ">Close outage</button>", "<strong>First</strong>", `value="Second"`, `name="known" value="` + now + `"`} {
			if !strings.Contains(refused.Text, want) {
				t.Errorf("the form lacks %q: %s", want, refused.Text)
			}
		}
		gone := url.Values{"outage": {"1"}, "known": {opened}, "headline": {"Third"}, "slug": {"messages-down"}, "apps": {"messenger"}}
		says(t, w.Submit("/editor/outages/an-old-address/edit", gone), http.StatusConflict, "<strong>First</strong>", `value="Third"`, `action="`+edit+`"`)
		form.Del("known")
		w.Submit(edit, form).WantStatus(t, http.StatusConflict)
		form.Set("known", now)
		isAt(t, w.Submit(edit, form), "/editor/outages/messages-down")
		if page := w.Get("/outages/messages-down"); !strings.Contains(page.Text, "Second") {
			t.Errorf("the live page shows %s", page.Text)
		}
	})
}

func TestAnEditorClosesAnOutageAndOpensItAgain(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.NewReader("outage/messages-down:all")
		w.Join(bob, models.RoleEditor)
		const outage = "/editor/outages/messages-down"
		says(t, w.Get(outage), http.StatusOK, "Edit or close outage")
		says(t, w.Get(outage+"/edit"), http.StatusOK, "Nobody is alerted: to tell followers, publish a resolution instead.", ">Close outage</button>")
		says(t, w.Submit(outage+"/close", url.Values{"outage_kind": {"drill"}}), http.StatusConflict, "Nothing was changed or sent")
		for range 2 { // a second press
			isAt(t, w.Submit(outage+"/close", url.Values{"outage_kind": {"outage"}}), outage)
		}
		says(t, w.Get("/outages/messages-down"), http.StatusOK, "band-resolved")
		says(t, w.Get(outage), http.StatusOK, "Write a correction", "Edit or reopen outage")
		says(t, w.Get(outage+"/edit"), http.StatusOK, ">Reopen outage</button>")
		isAt(t, w.Submit(outage+"/reopen", url.Values{"outage_kind": {"outage"}}), outage)
		says(t, w.Get("/outages/messages-down"), http.StatusOK, "band-ongoing")
		if w.Count("alerts") != 0 {
			t.Errorf("%d alerts; want none", w.Count("alerts"))
		}
		w.PublishNow(models.Draft{Outage: "messages-down", Kind: models.Resolution})
		refused := w.Submit(outage+"/reopen", nil)
		says(t, refused, http.StatusConflict, "Nothing was changed: the resolution’s alert is still being sent.", ">Reopen outage</button>")
	})
}

func TestTheDeskNamesWhoIsWriting(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		other := w.Elsewhere()
		w.SignInWith(w.Session(w.Person(ada, models.RoleEditor)))
		other.SignInWith(w.Session(w.Person(bob, models.RoleEditor)))
		other.Submit(autosave, typed("Messages <b>fail</b>", 0, 0)).WantStatus(t, http.StatusOK)
		says(t, w.Get("/editor"), http.StatusOK, "<strong>Somebody is</strong> writing: Messages &lt;b&gt;fail&lt;/b&gt;")
		says(t, other.Get("/editor"), http.StatusOK, "<strong>You are</strong> writing")
	})
}

func TestAnEditorAddsAnAppAndSetsItsState(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Join(bob, models.RoleEditor)
		isAt(t, w.Submit("/editor/apps", url.Values{"name": {"WhatsApp & Co"}}), "/editor/apps")
		if page := w.Get("/editor/apps"); !strings.Contains(page.Text, "WhatsApp &amp; Co") {
			t.Errorf("the list lacks the app: %s", page.Text)
		}
		for _, bad := range []url.Values{{"name": {" "}}, {"name": {"🙂"}}, {"name": {"WhatsApp & Co"}}} {
			w.Submit("/editor/apps", bad).WantStatus(t, http.StatusUnprocessableEntity)
		}
		isAt(t, w.Submit("/editor/apps/whatsapp-and-co", url.Values{"name": {"WhatsApp"}, "state": {"failing"}}), "/editor/apps")
		if app, err := w.Store.App(t.Context(), "whatsapp-and-co"); err != nil || app.Name != "WhatsApp" || app.State != models.Failing {
			t.Errorf("app = %+v, %v", app, err)
		}
		isAt(t, w.Submit("/editor/apps/whatsapp-and-co", url.Values{"name": {"WhatsApp!"}, "state": {"up"}, "was": {"up"}}), "/editor/apps")
		if app, err := w.Store.App(t.Context(), "whatsapp-and-co"); err != nil || app.Name != "WhatsApp!" || app.State != models.Failing {
			t.Errorf("a form that stood open sets the app %+v, %v; want the newer state kept", app, err)
		}
		if bad := w.Submit("/editor/apps/whatsapp-and-co", url.Values{"name": {""}, "state": {"gone"}}); !strings.Contains(bad.Text, "Name is required.") || !strings.Contains(bad.Text, "State must be") {
			t.Errorf("a bad form: %s", bad.Text)
		}
		w.Get("/editor/apps/nowhere").WantStatus(t, http.StatusNotFound)
	})
}

func TestAnEditorRetiresAnAppAndBringsItBack(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		follower := w.NewReader("app/messenger:all")
		w.SignInWith(w.Session(w.Person(bob, models.RoleEditor)))
		const app = "/editor/apps/messenger"
		says(t, w.Get(app), http.StatusOK, ">Retire app</button>")
		says(t, w.Submit(app+"/retire", nil), http.StatusConflict, "It is part of an ongoing outage. Close that first.")
		w.Submit("/editor/outages/messages-down/close", nil).WantStatus(t, http.StatusOK)
		for range 2 { // a second press
			isAt(t, w.Submit(app+"/retire", nil), "/editor/apps")
		}
		says(t, w.Get("/editor/apps"), http.StatusOK, "Not covered any more", "1 follower")
		lacks(t, w.Get("/editor/new-outage"), `value="messenger"`)
		lacks(t, w.Get("/"), `data-app="messenger"`)
		says(t, w.Get("/apps/messenger"), http.StatusOK, "does not cover messenger any more")
		lacks(t, w.Get("/apps/messenger"), "newsbell-follow", "No known problems")
		says(t, w.Get("/outages/messages-down"), http.StatusOK, "Not covered any more")
		lacks(t, w.Get("/outages/messages-down"), `value="app/messenger"`)
		for _, kind := range []string{"outage", "drill"} {
			chosen := url.Values{"outage_kind": {kind}, "headline": {"Chats are down"}, "apps": {"messenger"}}
			says(t, w.Submit("/editor/outages", chosen), http.StatusUnprocessableEntity, "Apps messenger is retired.")
		}
		body := map[string]any{"slug": "chats-down", "headline": "Chats are down", "apps": []string{"messenger"}}
		w.Call(http.MethodPost, "/api/v1/outages", w.Token, body).WantStatus(t, http.StatusUnprocessableEntity)
		follows := w.Call(http.MethodGet, "/api/v1/subscription", follower, nil)
		says(t, follows, http.StatusOK, `"topic":"app/messenger"`, `"state":"retired"`)
		says(t, w.Call(http.MethodGet, "/api/v1/apps/messenger", "", nil), http.StatusOK, `"retired_at":"`)

		edit := "/editor/outages/messages-down/edit" // its own apps stay
		form := url.Values{"known": {knownOf(t, w, edit)}, "headline": {"Chats were down"}, "slug": {"messages-down"}, "apps": {"messenger", "instagram"}}
		isAt(t, w.Submit(edit, form), "/editor/outages/messages-down")

		says(t, w.Get(app), http.StatusOK, ">Bring back</button>")
		isAt(t, w.Submit(app+"/restore", nil), "/editor/apps")
		says(t, w.Get("/editor/new-outage"), http.StatusOK, `value="messenger"`)
		says(t, w.Get("/"), http.StatusOK, `data-app="messenger"`)
		if w.Count("follows") != 1 || w.Count("alerts") != 0 || w.Count("audit_entries WHERE action IN ('retire app', 'restore app')") != 2 {
			t.Error("the follower has lost the app, or was alerted, or the audit log lacks it")
		}
	})
}
