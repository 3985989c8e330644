package handlers_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"newsbell/handlers"
)

const (
	newspaper = "https://news.example"
	stranger  = "https://stranger.example"
)

var embedded = handlers.Options{EmbedOrigins: []string{newspaper, "http://localhost:8081"}, SubscribeLimit: 2}

func TestPagesOfAListedOriginMayCallWhatReadersCall(t *testing.T) {
	onBothWith(t, embedded, func(t *testing.T, w *web) {
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
			asked := w.preflight(newspaper, call.method, call.path)
			asked.wants(t, http.StatusNoContent)
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
			if got := w.allows(stranger, call.method, call.path); got != "" {
				t.Errorf("%s %s is allowed to %s", call.method, call.path, got)
			}
			answered := w.send(call.method, "/api/v1"+call.path, nil, "Origin", newspaper, "Sec-Fetch-Site", "cross-site")
			if answered.Header.Get("Access-Control-Allow-Origin") != newspaper || answered.Header.Get("Vary") != "Origin" {
				t.Errorf("%s %s: a listed page may not read the answer: %v", call.method, call.path, answered.Header)
			}
		}
		if got := w.allows("http://localhost:8081", http.MethodGet, "/vapid-key"); got != "http://localhost:8081" {
			t.Errorf("the second origin is allowed as %q", got)
		}
		if got := w.allows(newspaper, http.MethodTrace, "/vapid-key"); got != "" {
			t.Errorf("TRACE is allowed to %s", got)
		}
	})
}

func TestAPageOfAnotherSiteCannotSubscribe(t *testing.T) {
	onBothWith(t, embedded, func(t *testing.T, w *web) {
		body, err := json.Marshal(w.subscription("outage/messages-down:all"))
		if err != nil {
			t.Fatal(err)
		}
		// A browser sends this without asking first: the body has no type.
		from := func(origin string) answer {
			return w.send(http.MethodPost, "/api/v1/subscriptions", bytes.NewReader(body), "Origin", origin, "Sec-Fetch-Site", "cross-site")
		}
		for _, origin := range []string{stranger, "null", "https://news.example.stranger.example", "http://news.example", "https://news.example:8443"} {
			refused := from(origin)
			refused.isProblem(t, http.StatusForbidden, "another site")
			if got := refused.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("%s may read what %s may", origin, got)
			}
		}
		from(newspaper).wants(t, http.StatusCreated)
		from(newspaper).wants(t, http.StatusCreated)
		limited := from(newspaper)
		limited.isProblem(t, http.StatusTooManyRequests, "wait")
		if limited.Header.Get("Access-Control-Allow-Origin") != newspaper || limited.Header.Get("Access-Control-Expose-Headers") != "Retry-After" {
			t.Errorf("a page cannot read how long to wait: %v", limited.Header)
		}
	})
}

func TestEditorsRoutesAndPagesAreForNoOtherOrigin(t *testing.T) {
	onBothWith(t, embedded, func(t *testing.T, w *web) {
		for _, path := range []string{
			"/api/v1/apps", "/api/v1/outages", "/api/v1/outages/messages-down/updates", "/api/v1/alerts/1", "/api/v1/alerts/1/stop",
			"/api/v1/openapi.json", "/", "/outages/messages-down", "/outages/messages-down/events", "/preferences", "/editor", "/editor/alerts/1",
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				if got := w.send(http.MethodOptions, path, nil, "Origin", newspaper, "Access-Control-Request-Method", method).Header.Get("Access-Control-Allow-Origin"); got != "" {
					t.Errorf("%s %s is allowed to %s", method, path, got)
				}
				if path == "/outages/messages-down/events" {
					continue // it does not end
				}
				if got := w.send(method, path, nil, "Origin", newspaper).Header.Get("Access-Control-Allow-Origin"); got != "" {
					t.Errorf("%s %s answers %s", method, path, got)
				}
			}
		}
	})
}

func TestWithoutAListNoOtherOriginMayCall(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		if got := w.allows(newspaper, http.MethodGet, "/vapid-key"); got != "" {
			t.Errorf("allowed to %s", got)
		}
		w.send(http.MethodDelete, "/api/v1/subscription", nil, "Origin", w.url).isProblem(t, http.StatusUnauthorized, "")
		w.send(http.MethodDelete, "/api/v1/subscription", nil, "Origin", newspaper).isProblem(t, http.StatusForbidden, "")
	})
}

func TestAnybodyMayKnowAnOutageAndAnApp(t *testing.T) {
	onBothWith(t, handlers.Options{BaseURL: "https://push.example"}, func(t *testing.T, w *web) {
		type app struct{ Slug, Name, State, URL string }
		var outage struct {
			Slug, Headline, Standfirst, State, URL string
			Apps                                   []app
			BeganAt                                time.Time  `json:"began_at"`
			ResolvedAt                             *time.Time `json:"resolved_at"`
		}
		w.App("whatsapp")
		w.call(http.MethodPost, "/api/v1/outages/messages-down/updates", w.token, map[string]any{
			"kind": "update", "alert": "none", "headline": "WhatsApp too", "states": map[string]string{"whatsapp": "failing"},
		}).wants(t, http.StatusCreated)
		w.get("/api/v1/outages/messages-down").decode(t, http.StatusOK, &outage)
		if outage.Headline != "messages-down is down" || outage.State != "ongoing" || outage.URL != "https://push.example/outages/messages-down" ||
			outage.BeganAt.IsZero() || outage.ResolvedAt != nil || len(outage.Apps) != 3 {
			t.Errorf("outage = %+v", outage)
		}
		want := app{"whatsapp", "whatsapp", "failing", "https://push.example/apps/whatsapp"}
		if last := outage.Apps[len(outage.Apps)-1]; last != want {
			t.Errorf("the app that was named = %+v; want %+v", last, want)
		}
		var found app
		w.get("/api/v1/apps/whatsapp").decode(t, http.StatusOK, &found)
		if found != want {
			t.Errorf("app = %+v; want %+v", found, want)
		}
		w.get("/api/v1/outages/nothing").isProblem(t, http.StatusNotFound, "nothing")
		w.get("/api/v1/apps/nothing").isProblem(t, http.StatusNotFound, "nothing")
	})
}

func TestEmbeddedScriptsAreForEveryPageAndNeverStale(t *testing.T) {
	onBothWith(t, handlers.Options{BaseURL: "https://push.example"}, func(t *testing.T, w *web) {
		for _, path := range []string{"/newsbell.js", "/newsbell-worker.js", "/static/js/worker/secret-store.js", "/static/css/tokens.css"} {
			script := w.get(path)
			script.wants(t, http.StatusOK)
			h := script.Header
			if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cross-Origin-Resource-Policy") != "cross-origin" || h.Get("Cache-Control") != "no-cache" {
				t.Errorf("%s: %v", path, h)
			}
		}
		if worker := w.get("/newsbell-worker.js").body; !strings.HasPrefix(worker, "self.newsbell = \"https://push.example\";\n") {
			t.Errorf("the worker begins with %.60q", worker)
		}
	})
}

// preflight asks as a browser does before it sends what a page may not send by
// itself.
func (w *web) preflight(origin, method, path string) answer {
	w.t.Helper()
	return w.send(http.MethodOptions, "/api/v1"+path, nil, "Origin", origin,
		"Access-Control-Request-Method", method, "Access-Control-Request-Headers", "authorization,content-type")
}

// allows is the origin whose pages may send it; empty: none.
func (w *web) allows(origin, method, path string) string {
	w.t.Helper()
	return w.preflight(origin, method, path).Header.Get("Access-Control-Allow-Origin")
}
