package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"newsbell/handlers/handlerstest"
	"newsbell/handlers/live"
)

// undoable is the body of an update with an undo window of ten seconds.
func undoable(headline string) map[string]any {
	return map[string]any{
		"kind": "update", "alert": "all", "headline": headline, "apps": []string{"messenger"},
		"states": map[string]string{"messenger": "recovering"}, "undo_seconds": 10,
	}
}

// readersSee are the addresses at which readers could see an update.
var readersSee = []string{
	"/", "/outages/messages-down", "/outages/messages-down/feed.atom", "/apps/messenger", "/apps/messenger/feed.atom",
	"/api/v1/outages/messages-down", "/api/v1/apps/messenger",
}

func wantReadersSee(t *testing.T, w *handlerstest.Web, words string, want bool) {
	t.Helper()
	for _, path := range readersSee {
		page := w.Get(path)
		page.WantStatus(t, http.StatusOK)
		if !want && strings.Contains(strings.ToLower(page.Text), words) {
			t.Errorf("%s shows %q", path, words)
		}
	}
	if page := w.Get("/outages/messages-down"); strings.Contains(strings.ToLower(page.Text), words) != want {
		t.Errorf("the page of the outage shows %q: %v; want %v", words, !want, want)
	}
}

func TestReadersSeeAnUpdateWhenItsUndoWindowEnds(t *testing.T) {
	handlerstest.OnBothWithNATS(t, live.Options{SweepEvery: time.Hour}, func(t *testing.T, w *handlerstest.Web) {
		stream := w.OpenStream("")
		var p, undone handlerstest.Published
		w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, undoable("Undone at once")).Decode(t, http.StatusCreated, &undone)
		w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, undoable("Photos return")).Decode(t, http.StatusCreated, &p)
		w.Call(http.MethodPost, "/api/v1/alerts/1/stop", w.Token, nil).WantStatus(t, http.StatusOK)
		stream.WantUpdates(w.PublishUpdate("Only on the page")) // an update of its own, in between
		for _, words := range []string{"photos return", "undone at once", "recovering"} {
			wantReadersSee(t, w, words, false)
		}
		w.Clock.Advance(10 * time.Second)
		e := stream.Next()
		if e.UpdateID != p.Update.ID || e.Headline != "Photos return" || e.States["messenger"] != "recovering" {
			t.Errorf("event = %+v; want the update", e)
		}
		wantReadersSee(t, w, "photos return", true)
		wantReadersSee(t, w, "recovering", true)
		wantReadersSee(t, w, "undone at once", false)
		back := w.OpenStream("", "Last-Event-ID", e.ID)
		id := w.PublishUpdate("And on it goes")
		if next := back.Next(); next.UpdateID != id || next.Headline != "And on it goes" {
			t.Errorf("a page that reconnects gets %+v; want the next update", next)
		}
	})
}
