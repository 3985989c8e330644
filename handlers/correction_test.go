package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"newsbell/handlers/handlerstest"
	"newsbell/handlers/live"
)

func TestACorrectionIsLinkedToTheCorrectedUpdate(t *testing.T) {
	handlerstest.OnBothWithNATS(t, live.Options{SweepEvery: time.Hour}, func(t *testing.T, w *handlerstest.Web) {
		wrong := w.WriteUpdate("It began at 8")
		page := w.OpenStream("")
		var p handlerstest.Published
		w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, map[string]any{
			"kind": "correction", "alert": "none", "headline": "It began at 9", "corrects": wrong, "apps": []string{"messenger"},
		}).Decode(t, http.StatusCreated, &p)
		if p.Update.Corrects == nil || *p.Update.Corrects != wrong {
			t.Errorf("update = %+v; want that it corrects %d", p.Update, wrong)
		}
		e := page.Next()
		if e.Corrects == nil || *e.Corrects != wrong {
			t.Errorf("event = %+v", e)
		}
		shown := w.Get("/outages/messages-down").Text
		for _, part := range []string{e.Entry, e.Corrected, fmt.Sprintf(`Corrects: <a href="#update-%d">It began at 8</a>`, wrong)} {
			if part == "" || strings.Count(shown, part) != 1 {
				t.Errorf("the page does not show %q exactly once", part)
			}
		}
		for _, path := range []string{"/outages/messages-down/feed.atom", "/apps/messenger/feed.atom"} {
			if feed := w.Get(path).Text; !strings.Contains(feed, `title="Corrects: It began at 8"`) {
				t.Errorf("%s does not show the corrected update", path)
			}
		}
		for _, none := range []any{nil, 0} {
			w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, map[string]any{
				"kind": "correction", "alert": "none", "headline": "All of it", "corrects": none,
			}).Decode(t, http.StatusCreated, &p)
			if e := page.Next(); p.Update.Corrects != nil || e.Corrects != nil || e.Corrected != "" {
				t.Errorf("update = %+v, event = %+v; want a correction of no update", p.Update, e)
			}
		}
	})
}
