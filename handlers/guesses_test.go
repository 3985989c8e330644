package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
)

func TestWrongTokensAreLoggedAndLimited(t *testing.T) {
	var log handlerstest.Log
	o := handlers.Options{GuessLimit: 3, TrustedProxies: handlerstest.Loopback, Log: log.Logger()}
	handlerstest.OnBothWith(t, o, func(t *testing.T, w *handlerstest.Web) {
		from := func(address, path, token string) handlerstest.Answer {
			body := strings.NewReader(url.Values{"token": {token}}.Encode())
			return w.Send(http.MethodPost, path, body, "X-Forwarded-For", address, "Authorization", "Bearer "+token,
				"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
		}
		w.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		from("203.0.113.9", "/editor/sign-in", "guess").WantStatus(t, http.StatusUnprocessableEntity)
		from("203.0.113.9", "/api/v1/apps", "guess").WantStatus(t, http.StatusUnauthorized)
		from("203.0.113.9", "/editor/sign-in", w.Token).WantStatus(t, http.StatusSeeOther)
		from("203.0.113.9", "/editor/sign-in", "guess").WantStatus(t, http.StatusUnprocessableEntity)
		said := log.Take()
		if strings.Count(said, `msg="wrong secret"`) != 3 || strings.Count(said, "203.0.113.9/32") != 4 || strings.Contains(said, "guess") {
			t.Errorf("log = %q; want three lines about wrong tokens and one about the limit", said)
		}
		for _, path := range []string{"/editor/sign-in", "/api/v1/apps"} {
			refused := from("203.0.113.9", path, w.Token)
			refused.WantStatus(t, http.StatusTooManyRequests)
			if refused.Header.Get("Retry-After") != "60" {
				t.Errorf("%s: Retry-After %q", path, refused.Header.Get("Retry-After"))
			}
		}
		from("203.0.113.10", "/editor/sign-in", w.Token).WantStatus(t, http.StatusSeeOther)
	})
}

func TestWrongSecretsAreLimitedSeparatelyFromTokens(t *testing.T) {
	var log handlerstest.Log
	handlerstest.OnBothWith(t, handlers.Options{GuessLimit: 2, Log: log.Logger()}, func(t *testing.T, w *handlerstest.Web) {
		secret := w.NewReader()
		for range 5 { // a missing secret is not a guess
			w.Call(http.MethodGet, "/api/v1/subscription", "", nil).WantStatus(t, http.StatusUnauthorized)
		}
		w.Call(http.MethodGet, "/api/v1/subscription", "guess", nil).WantStatus(t, http.StatusUnauthorized)
		w.Call(http.MethodDelete, "/api/v1/subscription", "guess", nil).WantStatus(t, http.StatusUnauthorized)
		w.Call(http.MethodGet, "/api/v1/subscription", secret, nil).WantProblem(t, http.StatusTooManyRequests, "wait")
		w.Call(http.MethodDelete, "/api/v1/subscription", secret, nil).WantProblem(t, http.StatusTooManyRequests, "wait")
		w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, handlerstest.UpdateBody).WantStatus(t, http.StatusCreated)
		if said := log.Take(); strings.Count(said, "must wait") != 1 {
			t.Errorf("log = %q; want one line about the limit", said)
		}
	})
	handlerstest.OnBothWith(t, handlers.Options{}, func(t *testing.T, w *handlerstest.Web) {
		secret := w.NewReader()
		for range 100 {
			w.Call(http.MethodGet, "/api/v1/subscription", "guess", nil).WantStatus(t, http.StatusUnauthorized)
		}
		w.Call(http.MethodGet, "/api/v1/subscription", secret, nil).WantStatus(t, http.StatusOK)
	})
}
