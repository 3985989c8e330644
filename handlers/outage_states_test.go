package handlers_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestOpeningAnOutageSaysWhichOfItsAppsFail(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		for _, slug := range []string{"whatsapp", "threads"} {
			w.call(http.MethodPost, "/api/v1/apps", w.token, map[string]string{"slug": slug, "name": slug}).wants(t, http.StatusCreated)
		}
		var opened struct {
			Apps   []string
			States map[string]string
		}
		w.call(http.MethodPost, "/api/v1/outages", w.token, map[string]any{
			"slug": "calls", "headline": "Calls fail", "apps": []string{"whatsapp"}, "states": map[string]string{"threads": "recovering"},
		}).decode(t, http.StatusCreated, &opened)
		if len(opened.Apps) != 2 || opened.States["whatsapp"] != "failing" || opened.States["threads"] != "recovering" {
			t.Errorf("outage = %+v; want whatsapp failing and threads recovering", opened)
		}
		for _, path := range []string{"/outages/calls", "/"} {
			if page := w.get(path).body; !strings.Contains(page, "Ongoing") || strings.Contains(page, `"state state-up"`) {
				t.Errorf("%s shows an app as up beside an outage that goes on", path)
			}
		}
		w.call(http.MethodPost, "/api/v1/outages/calls/updates", w.token, map[string]any{"kind": "resolution", "alert": "none", "headline": "Back"}).wants(t, http.StatusCreated)
		if page := w.get("/outages/calls").body; strings.Count(page, `"state state-up"`) < 2 || strings.Contains(page, "state-failing") {
			t.Error("after its resolution an app is not up")
		}
	})
}
