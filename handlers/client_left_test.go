package handlers_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
)

func TestAClientThatDisconnectsIsNotLoggedAsAnError(t *testing.T) {
	var log handlerstest.Log
	handlerstest.OnBothWith(t, handlers.Options{Log: log.Logger()}, func(t *testing.T, w *handlerstest.Web) {
		w.SignIn()
		site, err := url.Parse(w.Origin)
		if err != nil {
			t.Fatal(err)
		}
		cookie := w.Client.Jar.Cookies(site)[0]
		left, leave := context.WithCancel(t.Context())
		leave()
		for _, path := range []string{
			"/", "/search?q=down", "/outages/messages-down", "/outages/messages-down/feed.atom", "/outages/messages-down/events",
			"/apps/messenger", "/apps/messenger/feed.atom", "/go/1/x", "/editor", "/editor/outages/messages-down",
			"/api/v1/outages/messages-down", "/api/v1/vapid-key", "/api/v1/subscription", "/api/v1/alerts/1",
		} {
			r := httptest.NewRequestWithContext(left, http.MethodGet, path, nil)
			r.AddCookie(cookie)
			r.Header.Set("Authorization", "Bearer "+w.Token)
			w.ServeHTTP(httptest.NewRecorder(), r)
			if said := log.Take(); strings.Contains(said, "level=WARN") || strings.Contains(said, "level=ERROR") {
				t.Errorf("%s: log = %q", path, said)
			}
		}
	})
}

func TestAnInternalErrorIsLogged(t *testing.T) {
	var log handlerstest.Log
	handlerstest.OnBothWith(t, handlers.Options{Log: log.Logger()}, func(t *testing.T, w *handlerstest.Web) {
		if err := w.Store.Close(); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", "/api/v1/vapid-key"} {
			w.Get(path).WantStatus(t, http.StatusInternalServerError)
			if said := log.Take(); strings.Count(said, "level=ERROR") != 1 {
				t.Errorf("%s: log = %q; want one error", path, said)
			}
		}
	})
}
