package handlers_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"newsbell/handlers"
)

func TestAReaderWhoLeavesIsNoFaultOfOurs(t *testing.T) {
	var log logged
	onBothWith(t, handlers.Options{Log: log.logger()}, func(t *testing.T, w *web) {
		w.submit("/editor/sign-in", url.Values{"token": {w.token}}).wants(t, http.StatusOK)
		site, err := url.Parse(w.url)
		if err != nil {
			t.Fatal(err)
		}
		cookie := w.http.Jar.Cookies(site)[0]
		left, leave := context.WithCancel(t.Context())
		leave()
		for _, path := range []string{
			"/", "/search?q=down", "/outages/messages-down", "/outages/messages-down/feed.atom", "/outages/messages-down/events",
			"/apps/messenger", "/apps/messenger/feed.atom", "/go/1/x", "/editor", "/editor/outages/messages-down",
			"/api/v1/outages/messages-down", "/api/v1/vapid-key", "/api/v1/subscription", "/api/v1/alerts/1",
		} {
			r := httptest.NewRequestWithContext(left, http.MethodGet, path, nil)
			r.AddCookie(cookie)
			r.Header.Set("Authorization", "Bearer "+w.token)
			w.ServeHTTP(httptest.NewRecorder(), r)
			if said := log.take(); strings.Contains(said, "level=WARN") || strings.Contains(said, "level=ERROR") {
				t.Errorf("%s: log = %q", path, said)
			}
		}
	})
}

func TestAFaultOfOursIsLogged(t *testing.T) {
	var log logged
	onBothWith(t, handlers.Options{Log: log.logger()}, func(t *testing.T, w *web) {
		if err := w.Store.Close(); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", "/api/v1/vapid-key"} {
			w.get(path).wants(t, http.StatusInternalServerError)
			if said := log.take(); strings.Count(said, "level=ERROR") != 1 {
				t.Errorf("%s: log = %q; want one error", path, said)
			}
		}
	})
}
