package handlers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
)

func TestSubscriptionsOfOneAddressAreLimited(t *testing.T) {
	behindProxy := handlers.Options{SubscribeLimit: 3, TrustedProxies: handlerstest.Loopback}
	handlerstest.OnBothWith(t, behindProxy, func(t *testing.T, w *handlerstest.Web) {
		for range 3 {
			subscribeFrom(t, w, "2001:db8::1").WantStatus(t, http.StatusCreated)
		}
		refused := subscribeFrom(t, w, "198.51.100.7, 2001:db8::2") // the same household, with a forged address
		refused.WantProblem(t, http.StatusTooManyRequests, "wait")
		if wait := refused.Header.Get("Retry-After"); wait != "60" {
			t.Errorf("Retry-After = %q", wait)
		}
		subscribeFrom(t, w, "2001:db8:0:1::1").WantStatus(t, http.StatusCreated)
		subscribeFrom(t, w, "").WantStatus(t, http.StatusCreated)
		w.Get("/api/v1/vapid-key").WantStatus(t, http.StatusOK)
	})
	handlerstest.OnBothWith(t, handlers.Options{SubscribeLimit: 3}, func(t *testing.T, w *handlerstest.Web) {
		for range 3 {
			subscribeFrom(t, w, "192.0.2.1").WantStatus(t, http.StatusCreated)
		}
		subscribeFrom(t, w, "192.0.2.2").WantProblem(t, http.StatusTooManyRequests, "") // no proxy is trusted
	})
}

func TestNoticesOfOneAddressAreLimited(t *testing.T) {
	handlerstest.OnBothWith(t, handlers.Options{SubscribeLimit: 2, NoticeLimit: 3}, func(t *testing.T, w *handlerstest.Web) {
		reader, neighbour := w.NewReader(), w.NewReader() // subscriptions count separately from notices
		test := map[string]string{"kind": "test"}
		first := w.Notify(t, reader, "test")
		w.Call(http.MethodPost, handlerstest.NoticesPath, neighbour, test).WantStatus(t, http.StatusAccepted)
		w.Call(http.MethodPost, handlerstest.NoticesPath, "wrong", test).WantStatus(t, http.StatusUnauthorized)
		refused := w.Call(http.MethodPost, handlerstest.NoticesPath, reader, test)
		refused.WantProblem(t, http.StatusTooManyRequests, "Too many requests of this kind")
		if wait := refused.Header.Get("Retry-After"); wait != "60" {
			t.Errorf("Retry-After = %q", wait)
		}
		w.GetNotice(t, reader, first.ID) // reading its state does not count
		subscribeFrom(t, w, "").WantProblem(t, http.StatusTooManyRequests, "Too many requests of this kind")
		if due, err := w.ClaimNotices(t.Context(), 10); err != nil || len(due) != 2 {
			t.Errorf("%d notices, %v; want two", len(due), err)
		}
	})
	handlerstest.OnBothWith(t, handlers.Options{SubscribeLimit: 1}, func(t *testing.T, w *handlerstest.Web) {
		reader := w.NewReader()
		for range 100 {
			w.Notify(t, reader, "test")
		}
	})
}

func TestAProxyThatAddsAPortStillNamesEachReader(t *testing.T) {
	var log handlerstest.Log
	o := handlers.Options{SubscribeLimit: 1, TrustedProxies: handlerstest.Loopback, Log: log.Logger()}
	handlerstest.OnBothWith(t, o, func(t *testing.T, w *handlerstest.Web) {
		for _, reader := range []string{"203.0.113.20:51234", "203.0.113.21:51234", "[2001:db8::1]:443"} {
			subscribeFrom(t, w, reader).WantStatus(t, http.StatusCreated)
		}
		subscribeFrom(t, w, "203.0.113.20:4711").WantStatus(t, http.StatusTooManyRequests)
		if said := log.Take(); said != "" {
			t.Errorf("log = %q; want nothing", said)
		}
		subscribeFrom(t, w, "unknown").WantStatus(t, http.StatusCreated)
		subscribeFrom(t, w, "unknown").WantStatus(t, http.StatusTooManyRequests)
		if said := log.Take(); !strings.Contains(said, "names no address") || strings.Contains(said, "untrusted") {
			t.Errorf("log = %q; want a warning that the proxy names no client", said)
		}
	})
}

func TestOnlyXForwardedForNamesTheReader(t *testing.T) {
	handlerstest.OnBothWith(t, handlers.Options{SubscribeLimit: 1, TrustedProxies: handlerstest.Loopback}, func(t *testing.T, w *handlerstest.Web) {
		for i, status := range []int{http.StatusCreated, http.StatusTooManyRequests} {
			body, err := json.Marshal(w.SubscriptionBody())
			if err != nil {
				t.Fatal(err)
			}
			w.Send(http.MethodPost, "/api/v1/subscriptions", bytes.NewReader(body), "Content-Type", "application/json",
				"X-Real-IP", fmt.Sprintf("203.0.113.%d", i), "Forwarded", fmt.Sprintf("for=203.0.113.%d", i)).WantStatus(t, status)
		}
	})
}

// subscribeFrom subscribes a new browser through a proxy that names the client.
func subscribeFrom(t *testing.T, w *handlerstest.Web, forwarded string) handlerstest.Answer {
	t.Helper()
	body, err := json.Marshal(w.SubscriptionBody())
	if err != nil {
		t.Fatal(err)
	}
	return w.Send(http.MethodPost, "/api/v1/subscriptions", bytes.NewReader(body), "Content-Type", "application/json", "X-Forwarded-For", forwarded)
}
