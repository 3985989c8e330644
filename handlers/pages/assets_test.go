package pages_test

import (
	"net/http"
	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"strings"
	"testing"
)

func TestEmbeddedScriptsMayBeLoadedByAnySiteAndAreRevalidated(t *testing.T) {
	handlerstest.OnBothWith(t, handlers.Options{BaseURL: "https://push.example"}, func(t *testing.T, w *handlerstest.Web) {
		for _, path := range []string{"/newsbell.js", "/newsbell-worker.js", "/static/js/worker/secret-store.js", "/static/css/tokens.css"} {
			script := w.Get(path)
			script.WantStatus(t, http.StatusOK)
			h := script.Header
			if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cross-Origin-Resource-Policy") != "cross-origin" || h.Get("Cache-Control") != "no-cache" {
				t.Errorf("%s: %v", path, h)
			}
		}
		if worker := w.Get("/newsbell-worker.js").Text; !strings.HasPrefix(worker, "self.newsbell = \"https://push.example\";\n") {
			t.Errorf("the worker begins with %.60q", worker)
		}
	})
}
