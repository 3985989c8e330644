package newsroom_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/modelstest"
)

const drillPage = "/editor/outages/practice-run"

// openDrill opens a drill in the newsroom, which a browser of the editor's gets, among readers
// of the app that it names.
func openDrill(t *testing.T, w *handlerstest.Web) {
	t.Helper()
	own := w.NewReader("app/messenger:all")
	w.NewReader("app/messenger:all")
	w.Submit("/editor/account/browsers", url.Values{"secret": {own}}).WantStatus(t, http.StatusOK)
	form := url.Values{"outage_kind": {"drill"}, "headline": {"Practice run"}, "apps": {"messenger"}}
	opened := w.Submit("/editor/outages", form)
	isAt(t, opened, drillPage)
	says(t, opened, http.StatusOK, "No browser gets it yet.", ">Get this drill</button>")
	w.Submit(drillPage+"/follow", url.Values{"browser": {"4711"}}).WantStatus(t, http.StatusNotFound)
	isAt(t, w.Submit(drillPage+"/follow", url.Values{"browser": {"1"}}), drillPage)
}

// drillForm is an update of the drill that a program types.
func drillForm(headline, alert, do string) url.Values {
	form := typed(headline, 0, 0, do)
	form["outage_kind"], form["alert"], form["apps"] = []string{"drill"}, []string{alert}, []string{"messenger"}
	form.Set("state.messenger", "up")
	return form
}

// lacks fails the test if a page has any of some words.
func lacks(t *testing.T, page handlerstest.Answer, words ...string) {
	t.Helper()
	for _, part := range words {
		if strings.Contains(page.Text, part) {
			t.Errorf("%s says %q", page.Request.URL.Path, part)
		}
	}
}

func TestADrillIsSentInOtherWordsToTheBrowsersOfEditorsAlone(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{UndoWindow: 10 * time.Second}, func(t *testing.T, db *modelstest.DB) {
		w := handlerstest.New(t, db, handlers.Options{})
		w.SignInWith(w.Session(w.Person(bob, models.RoleEditor)))
		openDrill(t, w)
		says(t, w.Get(drillPage), http.StatusOK, `class="drill"`, "Drill: Practice run", ">Leave drill</button>", ">Preview drill</button>", ">Save drill draft</button>", ">Send drill to my browser</button>", "1 editor’s browser")
		lacks(t, w.Get(drillPage), "View live page", ">Preview</button>", ">Save draft</button>")

		confirmation := w.Submit(drillPage+"/updates", drillForm("Chats <i>return</i>", "key", "preview"))
		says(t, confirmation, http.StatusOK, `class="drill"`, "Send this drill to 1 editor’s browser now?", ">Send this drill to 1 editor’s browser</button>",
			"DRILL: Chats &lt;i&gt;return&lt;/i&gt;", "Would set, if this were not a drill: messenger: Up.")
		lacks(t, confirmation, ">Send now</button>", "reader now")
		for range 2 { // a second press
			held := w.Submit(drillPage+"/updates", formOn(confirmation, "publish"))
			isAt(t, held, drillPage)
			says(t, held, http.StatusOK, "Drill not sent yet.", ">Undo drill</button>")
			lacks(t, held, ">Undo</button>")
		}
		if w.Count("alerts") != 1 {
			t.Fatalf("%d alerts; want one", w.Count("alerts"))
		}
		undone := w.Submit("/editor/alerts/1/stop", nil)
		says(t, undone, http.StatusOK, "No browser got this drill.", "Chats &lt;i&gt;return&lt;/i&gt;")
		form := drillForm("Chats return", "key", "preview")
		form["draft"], form["version"] = formOn(undone, "")["draft"], formOn(undone, "")["version"]
		confirmation = w.Submit(drillPage+"/updates", form)
		w.Submit(drillPage+"/updates", formOn(confirmation, "publish"))
		w.Clock.Advance(time.Minute)
		if _, err := w.Store.EndUndoWindows(t.Context()); err != nil {
			t.Fatal(err)
		}
		says(t, w.Get(drillPage), http.StatusOK, ">Stop drill</button>", "Published in this drill")
		lacks(t, w.Get(drillPage), ">Stop</button>")
		again := w.Submit(drillPage+"/updates", drillForm("Chats return", "key", "publish"))
		says(t, again, http.StatusConflict, ">Send this drill again</button>")
		says(t, w.Get("/editor"), http.StatusOK, `class="drill-mark"`, "1 editor’s browser")
	})
}

func TestNoPublicPageShowsADrill(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.SignInWith(w.Session(w.Person(bob, models.RoleEditor)))
		openDrill(t, w)
		w.PublishNow(models.Draft{Outage: "practice-run", OutageKind: models.Drill, Headline: "Chats fail", Apps: []string{"messenger"}, States: map[string]models.AppState{"messenger": models.Up}})
		for _, page := range []string{
			"/", "/apps/messenger", "/apps/messenger/feed.atom", "/search?q=practice", "/search?q=chats", "/outages/practice-run", "/outages/practice-run/feed.atom",
			"/outages/practice-run/events", "/api/v1/outages", "/api/v1/outages/practice-run", "/api/v1/apps", "/api/v1/apps/messenger", "/sitemap.xml", "/robots.txt",
		} {
			answer := w.Call(http.MethodGet, page, w.Token, nil)
			lacks(t, answer, "Practice run", "Chats fail")
			if strings.Contains(page, "practice-run") && answer.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %s; want as if there were no drill", page, answer.Status)
			}
		}
		w.Call(http.MethodGet, "/api/v1/alerts/1", w.Token, nil).WantStatus(t, http.StatusNotFound)
		w.Call(http.MethodPost, "/api/v1/alerts/1/stop", w.Token, nil).WantStatus(t, http.StatusNotFound)
		if app, err := w.Store.App(t.Context(), "messenger"); err != nil || app.State != models.Failing { // as the outage of every test set it
			t.Errorf("app = %+v, %v", app, err)
		}
	})
}

func TestADrillNeedsASecondPersonLikeAnAlert(t *testing.T) {
	onKeyMoments(t, func(t *testing.T, writer, second, chief *handlerstest.Web) {
		openDrill(t, writer)
		confirmation := writer.Submit(drillPage+"/updates", drillForm("Chats fail", "key", "preview"))
		says(t, confirmation, http.StatusOK, ">Ask for approval of this drill</button>")
		asked := writer.Submit(drillPage+"/updates", formOn(confirmation, "ask"))
		page := asked.Request.URL.Path
		says(t, second.Get("/editor"), http.StatusOK, `<strong class="drill-mark">Drill</strong> <a href="`+page)
		says(t, second.Get(page), http.StatusOK, `class="drill"`, "Approve this drill to 1 editor’s browser?", ">Approve this drill</button>", ">Return drill to the writer</button>")
		says(t, second.Submit(page+"/approve", nil), http.StatusOK, "Approved by Somebody")
		approved := writer.Get(page)
		says(t, approved, http.StatusOK, ">Continue to sending this drill</button>")
		confirmation = writer.Submit(drillPage+"/updates", formOn(approved, "preview"))
		isAt(t, writer.Submit(drillPage+"/updates", formOn(confirmation, "publish")), drillPage)

		override := formOn(chief.Submit(drillPage+"/updates", drillForm("Chats fail again", "key", "preview")), "override")
		override.Set("reason", "Practice of an override.")
		isAt(t, chief.Submit(drillPage+"/updates", override), drillPage)
		if writer.Count("alerts") != 2 {
			t.Errorf("%d alerts; want two", writer.Count("alerts"))
		}
		entries, err := writer.AuditEntries(t.Context(), 30)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, e := range entries {
			if strings.HasPrefix(e.Subject, "drill/practice-run") {
				found[e.Action] = true
			}
		}
		for _, action := range []string{"open drill", "follow drill", "ask for approval", "approve draft", "publish update", "override approval"} {
			if !found[action] {
				t.Errorf("the audit log lacks %q of the drill: %v", action, found)
			}
		}
	})
}

func TestAFormOfTheOtherKindSendsNothing(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.SignInWith(w.Session(w.Person(bob, models.RoleEditor)))
		w.Drill("practice", "messenger")
		for slug, kind := range map[string]string{"messages-down": "drill", "practice": "outage"} {
			for _, do := range []string{"publish", "again", "preview", "save", "try", "ask", "override", "publish-silently"} {
				form := url.Values{"kind": {"update"}, "alert": {"all"}, "headline": {"Text of the other"}, "do": {do}, "outage_kind": {kind}}
				refused := w.Submit("/editor/outages/"+slug+"/updates", form)
				says(t, refused, http.StatusConflict, "Nothing was changed or sent")
				lacks(t, refused, "Text of the other")
			}
			w.Submit("/editor/outages/"+slug+"/draft", url.Values{"outage_kind": {kind}, "kind": {"update"}, "alert": {"all"}, "headline": {"Text"}}).WantStatus(t, http.StatusUnprocessableEntity)
		}
		missing := url.Values{"kind": {"update"}, "alert": {"all"}, "headline": {"No kind"}, "do": {"publish"}}
		w.Submit("/editor/outages/practice/updates", missing).WantStatus(t, http.StatusConflict)
		body := map[string]any{"kind": "update", "alert": "all", "headline": "From a program"}
		w.Call(http.MethodPost, "/api/v1/outages/practice/updates", w.Token, body).WantStatus(t, http.StatusConflict)
		if w.Count("updates") != 0 || w.Count("drafts") != 0 {
			t.Errorf("%d updates, %d drafts; want none", w.Count("updates"), w.Count("drafts"))
		}
	})
}
