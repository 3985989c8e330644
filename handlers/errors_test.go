package handlers_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
)

func TestEveryOtherErrorIsAPage(t *testing.T) {
	handlerstest.OnBothWith(t, handlers.Options{Ready: func(context.Context) error { panic("out of ideas") }}, func(t *testing.T, w *handlerstest.Web) {
		for _, call := range []struct {
			method, path string
			status       int
		}{
			{http.MethodGet, "/nothing", http.StatusNotFound},
			{http.MethodGet, "/outages/elsewhere", http.StatusNotFound},
			{http.MethodGet, "/editor/nothing", http.StatusNotFound},
			{http.MethodDelete, "/preferences", http.StatusMethodNotAllowed},
			{http.MethodGet, "/readyz", http.StatusInternalServerError},
		} {
			page := w.Send(call.method, call.path, nil)
			page.WantStatus(t, call.status)
			if !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") || strings.Contains(page.Text, "out of ideas") {
				t.Errorf("%s %s: %s %s", call.method, call.path, page.Header.Get("Content-Type"), page.Text)
			}
		}
	})
}
