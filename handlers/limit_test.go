package handlers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"newsbell/handlers"
	"newsbell/handlers/peer"
)

// loopback is a proxy on the test's own machine.
var loopback = peer.Proxies{netip.MustParsePrefix("127.0.0.1/32")}

func TestAnAddressSubscribesOnlySoOften(t *testing.T) {
	behindProxy := handlers.Options{SubscribeLimit: 3, TrustedProxies: loopback}
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

func TestAnAddressAsksForNoticesOnlySoOften(t *testing.T) {
	onBothWith(t, handlers.Options{SubscribeLimit: 2, NoticeLimit: 3}, func(t *testing.T, w *web) {
		reader, neighbour := w.subscribe(), w.subscribe() // which count for themselves
		test := map[string]string{"kind": "test"}
		first := w.notify(t, reader, "test")
		w.call(http.MethodPost, notices, neighbour, test).wants(t, http.StatusAccepted)
		w.call(http.MethodPost, notices, "wrong", test).wants(t, http.StatusUnauthorized)
		refused := w.call(http.MethodPost, notices, reader, test)
		refused.isProblem(t, http.StatusTooManyRequests, "Too many requests of this kind")
		if wait := refused.Header.Get("Retry-After"); wait != "60" {
			t.Errorf("Retry-After = %q", wait)
		}
		w.notice(t, reader, first.ID) // to ask for its state is free
		w.subscribeFrom(t, "").isProblem(t, http.StatusTooManyRequests, "Too many requests of this kind")
		if due, err := w.ClaimNotices(t.Context(), 10); err != nil || len(due) != 2 {
			t.Errorf("%d notices, %v; want two", len(due), err)
		}
	})
	onBothWith(t, handlers.Options{SubscribeLimit: 1}, func(t *testing.T, w *web) {
		reader := w.subscribe()
		for range 100 {
			w.notify(t, reader, "test")
		}
	})
}

func TestAProxyThatAddsAPortStillNamesEachReader(t *testing.T) {
	var log logged
	o := handlers.Options{SubscribeLimit: 1, TrustedProxies: loopback, Log: log.logger()}
	onBothWith(t, o, func(t *testing.T, w *web) {
		for _, reader := range []string{"203.0.113.20:51234", "203.0.113.21:51234", "[2001:db8::1]:443"} {
			w.subscribeFrom(t, reader).wants(t, http.StatusCreated)
		}
		w.subscribeFrom(t, "203.0.113.20:4711").wants(t, http.StatusTooManyRequests)
		if said := log.take(); said != "" {
			t.Errorf("the log blames somebody: %s", said)
		}
		w.subscribeFrom(t, "unknown").wants(t, http.StatusCreated)
		w.subscribeFrom(t, "unknown").wants(t, http.StatusTooManyRequests)
		if said := log.take(); !strings.Contains(said, "names no address") || strings.Contains(said, "untrusted") {
			t.Errorf("log = %q; want it to say that the proxy names nobody", said)
		}
	})
}

func TestNoOtherHeaderNamesTheReader(t *testing.T) {
	onBothWith(t, handlers.Options{SubscribeLimit: 1, TrustedProxies: loopback}, func(t *testing.T, w *web) {
		for i, status := range []int{http.StatusCreated, http.StatusTooManyRequests} {
			body, err := json.Marshal(w.subscription())
			if err != nil {
				t.Fatal(err)
			}
			w.send(http.MethodPost, "/api/v1/subscriptions", bytes.NewReader(body), "Content-Type", "application/json",
				"X-Real-IP", fmt.Sprintf("203.0.113.%d", i), "Forwarded", fmt.Sprintf("for=203.0.113.%d", i)).wants(t, status)
		}
	})
}

// subscribeFrom subscribes a new browser through a proxy that names the client.
func (w *web) subscribeFrom(t *testing.T, forwarded string) answer {
	t.Helper()
	body, err := json.Marshal(w.subscription())
	if err != nil {
		t.Fatal(err)
	}
	return w.send(http.MethodPost, "/api/v1/subscriptions", bytes.NewReader(body), "Content-Type", "application/json", "X-Forwarded-For", forwarded)
}
