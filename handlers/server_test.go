package handlers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"newsbell/handlers"
)

func TestEveryPageAnswersHEAD(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		for _, path := range []string{
			"/", "/outages/messages-down", "/apps/messenger", "/preferences", "/service-worker.js",
			"/manifest.webmanifest", "/static/css/base.css", "/editor", "/healthz", "/readyz",
		} {
			if answer := w.send(http.MethodHead, path, nil); answer.StatusCode != http.StatusOK || answer.body != "" {
				t.Errorf("HEAD %s: %d %q", path, answer.StatusCode, answer.body)
			}
		}
	})
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	onBothWith(t, handlers.Options{BaseURL: "https://news.example"}, func(t *testing.T, w *web) {
		for _, path := range []string{"/", "/nothing", "/static/css/base.css", "/api/v1/vapid-key", "/api/v1/subscription", "/editor", "/healthz"} {
			h := w.get(path).Header
			for name, value := range map[string]string{
				"Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; " +
					"base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
				"X-Content-Type-Options":    "nosniff",
				"Referrer-Policy":           "strict-origin-when-cross-origin",
				"Strict-Transport-Security": "max-age=31536000",
			} {
				if h.Get(name) != value {
					t.Errorf("%s: %s = %q; want %q", path, name, h.Get(name), value)
				}
			}
			if strings.HasPrefix(path, "/api/") && h.Get("Cache-Control") != "no-store" {
				t.Errorf("%s may be kept: %q", path, h.Get("Cache-Control"))
			}
		}
	})
}

func TestHSTSIsForHTTPSAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		if value := w.get("/").Header.Get("Strict-Transport-Security"); value != "" {
			t.Errorf("Strict-Transport-Security = %q", value)
		}
	})
}

func TestPagesAreCompressedAndTheAPIIsNot(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		for path, want := range map[string]string{"/": "gzip", "/static/css/base.css": "gzip", "/api/v1/openapi.json": ""} {
			answer := w.send(http.MethodGet, path, nil, "Accept-Encoding", "gzip")
			answer.wants(t, http.StatusOK)
			if answer.Header.Get("Content-Encoding") != want {
				t.Errorf("%s: Content-Encoding is %q; want %q", path, answer.Header.Get("Content-Encoding"), want)
			}
			if slices.Contains(answer.Header.Values("Vary"), "Cookie") {
				t.Errorf("%s varies by cookie", path)
			}
		}
	})
}

func TestTheAPIDescribesItself(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		var description struct {
			OpenAPI string
			Paths   map[string]map[string]any
		}
		w.get("/api/v1/openapi.json").decode(t, http.StatusOK, &description)
		if !strings.HasPrefix(description.OpenAPI, "3.1") {
			t.Errorf("OpenAPI %q; want 3.1", description.OpenAPI)
		}
		for path, method := range map[string]string{
			"/vapid-key": "get", "/subscriptions": "post", "/subscription": "patch",
			"/subscription/alerts": "get", "/subscription/data": "get", "/receipts": "post",
			"/subscription/follows/{kind}/{slug}": "put", "/apps": "post", "/outages": "post",
			"/outages/{slug}/updates": "post", "/alerts/{id}": "get", "/alerts/{id}/stop": "post",
		} {
			if description.Paths[path][method] == nil {
				t.Errorf("%s %s is not described", method, path)
			}
		}
	})
}
