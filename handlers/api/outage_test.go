package api_test

import (
	"net/http"
	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"strings"
	"testing"
	"time"
)

func TestANewOutageSetsTheStatesOfItsApps(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		for _, slug := range []string{"whatsapp", "threads"} {
			w.Call(http.MethodPost, "/api/v1/apps", w.Token, map[string]string{"slug": slug, "name": slug}).WantStatus(t, http.StatusCreated)
		}
		var opened struct {
			Apps   []string
			States map[string]string
		}
		w.Call(http.MethodPost, "/api/v1/outages", w.Token, map[string]any{
			"slug": "calls", "headline": "Calls fail", "apps": []string{"whatsapp"}, "states": map[string]string{"threads": "recovering"},
		}).Decode(t, http.StatusCreated, &opened)
		if len(opened.Apps) != 2 || opened.States["whatsapp"] != "failing" || opened.States["threads"] != "recovering" {
			t.Errorf("outage = %+v; want whatsapp failing and threads recovering", opened)
		}
		for _, path := range []string{"/outages/calls", "/"} {
			if page := w.Get(path).Text; !strings.Contains(page, "Ongoing") || strings.Contains(page, `"state state-up"`) {
				t.Errorf("%s shows an app as up during an ongoing outage", path)
			}
		}
		w.Call(http.MethodPost, "/api/v1/outages/calls/updates", w.Token, map[string]any{"kind": "resolution", "alert": "none", "headline": "Back"}).WantStatus(t, http.StatusCreated)
		if page := w.Get("/outages/calls").Text; strings.Count(page, `"state state-up"`) < 2 || strings.Contains(page, "state-failing") {
			t.Error("after its resolution an app is not up")
		}
	})
}

func TestOutagesAndAppsArePublic(t *testing.T) {
	handlerstest.OnBothWith(t, handlers.Options{BaseURL: "https://push.example"}, func(t *testing.T, w *handlerstest.Web) {
		type app struct{ Slug, Name, State, URL string }
		var outage struct {
			Slug, Headline, Standfirst, State, URL string
			Apps                                   []app
			BeganAt                                time.Time  `json:"began_at"`
			ResolvedAt                             *time.Time `json:"resolved_at"`
		}
		w.App("whatsapp")
		w.Call(http.MethodPost, "/api/v1/outages/messages-down/updates", w.Token, map[string]any{
			"kind": "update", "alert": "none", "headline": "WhatsApp too", "states": map[string]string{"whatsapp": "failing"},
		}).WantStatus(t, http.StatusCreated)
		w.Get("/api/v1/outages/messages-down").Decode(t, http.StatusOK, &outage)
		if outage.Headline != "messages-down is down" || outage.State != "ongoing" || outage.URL != "https://push.example/outages/messages-down" ||
			outage.BeganAt.IsZero() || outage.ResolvedAt != nil || len(outage.Apps) != 3 {
			t.Errorf("outage = %+v", outage)
		}
		want := app{"whatsapp", "whatsapp", "failing", "https://push.example/apps/whatsapp"}
		if last := outage.Apps[len(outage.Apps)-1]; last != want {
			t.Errorf("the app that the update named = %+v; want %+v", last, want)
		}
		var found app
		w.Get("/api/v1/apps/whatsapp").Decode(t, http.StatusOK, &found)
		if found != want {
			t.Errorf("app = %+v; want %+v", found, want)
		}
		w.Get("/api/v1/outages/nothing").WantProblem(t, http.StatusNotFound, "nothing")
		w.Get("/api/v1/apps/nothing").WantProblem(t, http.StatusNotFound, "nothing")
	})
}
