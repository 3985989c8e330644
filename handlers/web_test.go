package handlers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
)

func TestEveryPageAnswersHEAD(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		for _, path := range []string{
			"/", "/outages/messages-down", "/apps/messenger", "/preferences", "/service-worker.js",
			"/manifest.webmanifest", "/static/css/base.css", "/editor", "/healthz", "/readyz",
		} {
			if answer := w.Send(http.MethodHead, path, nil); answer.StatusCode != http.StatusOK || answer.Text != "" {
				t.Errorf("HEAD %s: %d %q", path, answer.StatusCode, answer.Text)
			}
		}
	})
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	handlerstest.OnBothWith(t, handlers.Options{BaseURL: "https://news.example"}, func(t *testing.T, w *handlerstest.Web) {
		for _, path := range []string{"/", "/nothing", "/static/css/base.css", "/api/v1/vapid-key", "/api/v1/subscription", "/editor", "/healthz"} {
			h := w.Get(path).Header
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
				t.Errorf("%s may be cached: %q", path, h.Get("Cache-Control"))
			}
		}
	})
}

func TestHSTSIsOnlyForHTTPS(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		if value := w.Get("/").Header.Get("Strict-Transport-Security"); value != "" {
			t.Errorf("Strict-Transport-Security = %q", value)
		}
	})
}

func TestPagesAreCompressedAndTheAPIIsNot(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		for path, want := range map[string]string{"/": "gzip", "/static/css/base.css": "gzip", "/api/v1/openapi.json": ""} {
			answer := w.Send(http.MethodGet, path, nil, "Accept-Encoding", "gzip")
			answer.WantStatus(t, http.StatusOK)
			if answer.Header.Get("Content-Encoding") != want {
				t.Errorf("%s: Content-Encoding is %q; want %q", path, answer.Header.Get("Content-Encoding"), want)
			}
			if slices.Contains(answer.Header.Values("Vary"), "Cookie") {
				t.Errorf("%s varies by cookie", path)
			}
		}
	})
}
