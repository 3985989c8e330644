package handlers_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
)

const (
	newspaper = "https://news.example"
	stranger  = "https://stranger.example"
)

var embedded = handlers.Options{EmbedOrigins: []string{newspaper, "http://localhost:8081"}, SubscribeLimit: 2}

func TestPagesOfAListedOriginMayCallTheReadersRoutes(t *testing.T) {
	handlerstest.OnBothWith(t, embedded, func(t *testing.T, w *handlerstest.Web) {
		for _, call := range []struct{ method, path string }{
			{http.MethodGet, "/vapid-key"},
			{http.MethodPost, "/subscriptions"},
			{http.MethodGet, "/subscription"},
			{http.MethodPatch, "/subscription"},
			{http.MethodDelete, "/subscription"},
			{http.MethodPut, "/subscription/follows/outage/messages-down"},
			{http.MethodDelete, "/subscription/follows/app/messenger"},
			{http.MethodPost, "/subscription/notices"},
			{http.MethodGet, "/subscription/notices/1"},
			{http.MethodPost, "/receipts"},
			{http.MethodGet, "/outages/messages-down"},
			{http.MethodGet, "/apps/messenger"},
		} {
			asked := preflight(t, w, newspaper, call.method, call.path)
			asked.WantStatus(t, http.StatusNoContent)
			for name, value := range map[string]string{
				"Access-Control-Allow-Origin": newspaper, "Access-Control-Allow-Methods": call.method,
				"Access-Control-Allow-Headers": "authorization,content-type", "Access-Control-Max-Age": "7200",
				"Access-Control-Allow-Credentials": "",
			} {
				if asked.Header.Get(name) != value {
					t.Errorf("%s %s: %s = %q; want %q", call.method, call.path, name, asked.Header.Get(name), value)
				}
			}
			if !strings.Contains(asked.Header.Get("Vary"), "Origin") {
				t.Errorf("%s %s does not vary by origin", call.method, call.path)
			}
			if got := allows(t, w, stranger, call.method, call.path); got != "" {
				t.Errorf("%s %s is allowed to %s", call.method, call.path, got)
			}
			answered := w.Send(call.method, "/api/v1"+call.path, nil, "Origin", newspaper, "Sec-Fetch-Site", "cross-site")
			if answered.Header.Get("Access-Control-Allow-Origin") != newspaper || answered.Header.Get("Vary") != "Origin" {
				t.Errorf("%s %s: a listed page may not read the answer: %v", call.method, call.path, answered.Header)
			}
		}
		if got := allows(t, w, "http://localhost:8081", http.MethodGet, "/vapid-key"); got != "http://localhost:8081" {
			t.Errorf("the second origin is allowed as %q", got)
		}
		if got := allows(t, w, newspaper, http.MethodTrace, "/vapid-key"); got != "" {
			t.Errorf("TRACE is allowed to %s", got)
		}
	})
}

func TestAPageOfAnotherSiteCannotSubscribe(t *testing.T) {
	handlerstest.OnBothWith(t, embedded, func(t *testing.T, w *handlerstest.Web) {
		body, err := json.Marshal(w.SubscriptionBody("outage/messages-down:all"))
		if err != nil {
			t.Fatal(err)
		}
		// A browser sends this without a preflight, because the body has no type.
		from := func(origin string) handlerstest.Answer {
			return w.Send(http.MethodPost, "/api/v1/subscriptions", bytes.NewReader(body), "Origin", origin, "Sec-Fetch-Site", "cross-site")
		}
		for _, origin := range []string{stranger, "null", "https://news.example.stranger.example", "http://news.example", "https://news.example:8443"} {
			refused := from(origin)
			refused.WantProblem(t, http.StatusForbidden, "another site")
			if got := refused.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("%s may read what %s may", origin, got)
			}
		}
		from(newspaper).WantStatus(t, http.StatusCreated)
		from(newspaper).WantStatus(t, http.StatusCreated)
		limited := from(newspaper)
		limited.WantProblem(t, http.StatusTooManyRequests, "wait")
		if limited.Header.Get("Access-Control-Allow-Origin") != newspaper || limited.Header.Get("Access-Control-Expose-Headers") != "Retry-After" {
			t.Errorf("a page cannot read how long to wait: %v", limited.Header)
		}
	})
}

func TestEditorsRoutesAndPagesAreClosedToOtherOrigins(t *testing.T) {
	handlerstest.OnBothWith(t, embedded, func(t *testing.T, w *handlerstest.Web) {
		for _, path := range []string{
			"/api/v1/apps", "/api/v1/outages", "/api/v1/outages/messages-down/updates", "/api/v1/alerts/1", "/api/v1/alerts/1/stop",
			"/api/v1/openapi.json", "/", "/outages/messages-down", "/outages/messages-down/events", "/preferences", "/editor", "/editor/alerts/1",
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				if got := w.Send(http.MethodOptions, path, nil, "Origin", newspaper, "Access-Control-Request-Method", method).Header.Get("Access-Control-Allow-Origin"); got != "" {
					t.Errorf("%s %s is allowed to %s", method, path, got)
				}
				if path == "/outages/messages-down/events" {
					continue // the stream does not end
				}
				if got := w.Send(method, path, nil, "Origin", newspaper).Header.Get("Access-Control-Allow-Origin"); got != "" {
					t.Errorf("%s %s answers %s", method, path, got)
				}
			}
		}
	})
}

func TestWithoutAListNoOtherOriginMayCall(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		if got := allows(t, w, newspaper, http.MethodGet, "/vapid-key"); got != "" {
			t.Errorf("allowed to %s", got)
		}
		w.Send(http.MethodDelete, "/api/v1/subscription", nil, "Origin", w.Origin).WantProblem(t, http.StatusUnauthorized, "")
		w.Send(http.MethodDelete, "/api/v1/subscription", nil, "Origin", newspaper).WantProblem(t, http.StatusForbidden, "")
	})
}

// preflight sends a CORS preflight as a browser does for a page of an origin.
func preflight(t *testing.T, w *handlerstest.Web, origin, method, path string) handlerstest.Answer {
	t.Helper()
	return w.Send(http.MethodOptions, "/api/v1"+path, nil, "Origin", origin,
		"Access-Control-Request-Method", method, "Access-Control-Request-Headers", "authorization,content-type")
}

// allows returns the origin whose pages may send a request; empty if none may.
func allows(t *testing.T, w *handlerstest.Web, origin, method, path string) string {
	t.Helper()
	return preflight(t, w, origin, method, path).Header.Get("Access-Control-Allow-Origin")
}
