package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"newsbell/handlers"
)

func TestWrongTokensAreLoggedAndBounded(t *testing.T) {
	var log logged
	o := handlers.Options{GuessLimit: 3, TrustedProxies: loopback, Log: log.logger()}
	onBothWith(t, o, func(t *testing.T, w *web) {
		from := func(address, path, token string) answer {
			body := strings.NewReader(url.Values{"token": {token}}.Encode())
			return w.send(http.MethodPost, path, body, "X-Forwarded-For", address, "Authorization", "Bearer "+token,
				"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
		}
		w.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		from("203.0.113.9", "/editor/sign-in", "guess").wants(t, http.StatusUnprocessableEntity)
		from("203.0.113.9", "/api/v1/apps", "guess").wants(t, http.StatusUnauthorized)
		from("203.0.113.9", "/editor/sign-in", w.token).wants(t, http.StatusSeeOther)
		from("203.0.113.9", "/editor/sign-in", "guess").wants(t, http.StatusUnprocessableEntity)
		said := log.take()
		if strings.Count(said, "a wrong secret") != 3 || strings.Count(said, "203.0.113.9/32") != 4 || strings.Contains(said, "guess") {
			t.Errorf("log = %q; want three lines on wrong tokens and one on the limit", said)
		}
		for _, path := range []string{"/editor/sign-in", "/api/v1/apps"} {
			refused := from("203.0.113.9", path, w.token)
			refused.wants(t, http.StatusTooManyRequests)
			if refused.Header.Get("Retry-After") != "60" {
				t.Errorf("%s: Retry-After %q", path, refused.Header.Get("Retry-After"))
			}
		}
		from("203.0.113.10", "/editor/sign-in", w.token).wants(t, http.StatusSeeOther)
	})
}

func TestWrongSecretsAreBoundedApartFromTokens(t *testing.T) {
	var log logged
	onBothWith(t, handlers.Options{GuessLimit: 2, Log: log.logger()}, func(t *testing.T, w *web) {
		secret := w.subscribe()
		for range 5 { // a stranger has no secret, and guesses none
			w.call(http.MethodGet, "/api/v1/subscription", "", nil).wants(t, http.StatusUnauthorized)
		}
		w.call(http.MethodGet, "/api/v1/subscription", "guess", nil).wants(t, http.StatusUnauthorized)
		w.call(http.MethodDelete, "/api/v1/subscription", "guess", nil).wants(t, http.StatusUnauthorized)
		w.call(http.MethodGet, "/api/v1/subscription", secret, nil).isProblem(t, http.StatusTooManyRequests, "wait")
		w.call(http.MethodDelete, "/api/v1/subscription", secret, nil).isProblem(t, http.StatusTooManyRequests, "wait")
		w.call(http.MethodPost, updates, w.token, update).wants(t, http.StatusCreated)
		if said := log.take(); strings.Count(said, "must wait") != 1 {
			t.Errorf("log = %q; want one line on the limit", said)
		}
	})
	onBothWith(t, handlers.Options{}, func(t *testing.T, w *web) {
		secret := w.subscribe()
		for range 100 {
			w.call(http.MethodGet, "/api/v1/subscription", "guess", nil).wants(t, http.StatusUnauthorized)
		}
		w.call(http.MethodGet, "/api/v1/subscription", secret, nil).wants(t, http.StatusOK)
	})
}
