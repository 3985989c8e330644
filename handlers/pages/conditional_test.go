package pages_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

// pages are the pages and feeds of readers.
var pages = []string{
	"/", "/search?q=messages", "/outages/messages-down", "/apps/messenger", "/preferences",
	"/outages/messages-down/feed.atom", "/apps/messenger/feed.atom",
}

func TestAPageThatHasNotChangedIsNotSentAgain(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.PublishDraft(models.Draft{Outage: "messages-down", Headline: "First", Apps: []string{"messenger"}})
		for _, path := range pages {
			first := w.Get(path)
			tag := first.Header.Get("ETag")
			if first.WantStatus(t, http.StatusOK); tag == "" || first.Text == "" {
				t.Errorf("%s: ETag %q", path, tag)
			}
			for _, encoding := range []string{"", "gzip"} {
				again := w.Send(http.MethodGet, path, nil, "If-None-Match", `"other", `+tag, "Accept-Encoding", encoding)
				if again.WantStatus(t, http.StatusNotModified); again.Text != "" || again.Header.Get("ETag") != tag {
					t.Errorf("%s again: %q with the ETag %q", path, again.Text, again.Header.Get("ETag"))
				}
			}
			w.Send(http.MethodHead, path, nil, "If-None-Match", tag).WantStatus(t, http.StatusNotModified)
		}
		tags := map[string]string{}
		for _, path := range pages {
			tags[path] = w.Get(path).Header.Get("ETag")
		}
		w.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution, Headline: "Second", States: map[string]models.AppState{"messenger": models.Up}})
		for _, path := range pages {
			status := http.StatusOK
			if path == "/preferences" {
				status = http.StatusNotModified
			}
			w.Send(http.MethodGet, path, nil, "If-None-Match", tags[path]).WantStatus(t, status)
		}
	})
}

func TestAFeedSaysWhenItChanged(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		for _, path := range pages[5:] {
			w.PublishDraft(models.Draft{Outage: "messages-down", Headline: "News", Apps: []string{"messenger"}})
			modified := w.Get(path).Header.Get("Last-Modified")
			if want := w.Clock.Now().UTC().Format(http.TimeFormat); modified != want {
				t.Errorf("%s: Last-Modified %q; want %q", path, modified, want)
			}
			w.Send(http.MethodGet, path, nil, "If-Modified-Since", modified).WantStatus(t, http.StatusNotModified)
			w.Clock.Advance(time.Second)
			w.PublishDraft(models.Draft{Outage: "messages-down", Headline: "More", Apps: []string{"messenger"}})
			w.Send(http.MethodGet, path, nil, "If-Modified-Since", modified).WantStatus(t, http.StatusOK)
		}
		w.Clock.Advance(time.Since(w.Clock.Now()))
		w.PublishDraft(models.Draft{Outage: "messages-down", Headline: "Now", Apps: []string{"messenger"}})
		for _, path := range pages[5:] {
			if modified := w.Get(path).Header.Get("Last-Modified"); modified != "" {
				t.Errorf("%s has Last-Modified %s, but may change again within that second", path, modified)
			}
		}
	})
}

func TestAFeedHasTheNewestUpdates(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		const published, most = 55, 50
		for i := range published {
			w.PublishDraft(models.Draft{Outage: "messages-down", Headline: fmt.Sprintf("Update %d.", i), Alert: models.AlertNone, Apps: []string{"messenger"}})
		}
		for _, path := range pages[5:] {
			feed := w.Get(path).Text
			if entries := strings.Count(feed, "<entry>"); entries != most {
				t.Errorf("%s has %d entries; want %d", path, entries, most)
			}
			first, newest, oldest := strings.Index(feed, "Update 54."), strings.Index(feed, "Update 53."), strings.Contains(feed, "Update 4.")
			if first < 0 || newest < first || oldest {
				t.Errorf("%s does not have the newest updates first", path)
			}
		}
	})
}
