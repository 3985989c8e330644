package handlers_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"newsbell/handlers"
)

func TestAnAddressSubscribesOnlySoOften(t *testing.T) {
	behindProxy := handlers.Options{SubscribeLimit: 3, TrustedProxies: []string{"127.0.0.1", "::1"}}
	onBothWith(t, behindProxy, func(t *testing.T, w *web) {
		for range 3 {
			w.subscribeFrom(t, "2001:db8::1").wants(t, http.StatusCreated)
		}
		refused := w.subscribeFrom(t, "198.51.100.7, 2001:db8::2") // the same household, which says to be somebody else
		refused.isProblem(t, http.StatusTooManyRequests, "wait")
		if wait := refused.Header.Get("Retry-After"); wait != "60" {
			t.Errorf("Retry-After = %q", wait)
		}
		w.subscribeFrom(t, "2001:db8:0:1::1").wants(t, http.StatusCreated)
		w.subscribeFrom(t, "").wants(t, http.StatusCreated)
		w.get("/api/v1/vapid-key").wants(t, http.StatusOK)
	})
	onBothWith(t, handlers.Options{SubscribeLimit: 3}, func(t *testing.T, w *web) {
		for range 3 {
			w.subscribeFrom(t, "192.0.2.1").wants(t, http.StatusCreated)
		}
		w.subscribeFrom(t, "192.0.2.2").isProblem(t, http.StatusTooManyRequests, "") // nobody's word is believed
	})
}

// subscribeFrom subscribes a new browser through a proxy that says whom it is for.
func (w *web) subscribeFrom(t *testing.T, forwarded string) answer {
	t.Helper()
	body, err := json.Marshal(w.subscription())
	if err != nil {
		t.Fatal(err)
	}
	return w.send(http.MethodPost, "/api/v1/subscriptions", bytes.NewReader(body), "Content-Type", "application/json", "X-Forwarded-For", forwarded)
}
