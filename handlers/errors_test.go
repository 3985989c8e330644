package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"newsbell/handlers"
)

var update = map[string]any{"kind": "update", "alert": "all", "headline": "News"}

const updates = "/api/v1/outages/messages-down/updates"

func TestEveryErrorOfTheAPIIsAProblem(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		w.get("/api/v1/nothing").isProblem(t, http.StatusNotFound, "")
		w.get("/api/v2/").isProblem(t, http.StatusNotFound, "")
		w.call(http.MethodPut, "/api/v1/vapid-key", "", nil).isProblem(t, http.StatusMethodNotAllowed, "")
		w.call(http.MethodGet, "/api/v1/alerts/x", w.token, nil).isProblem(t, http.StatusUnprocessableEntity, "")
		w.call(http.MethodGet, "/api/v1/alerts/9", w.token, nil).isProblem(t, http.StatusNotFound, "")
		w.send(http.MethodPost, "/api/v1/subscriptions", strings.NewReader("x"), "Content-Type", "text/plain").
			isProblem(t, http.StatusUnsupportedMediaType, "")
	})
}

func TestEveryOtherErrorIsAPage(t *testing.T) {
	onBothWith(t, handlers.Options{Ready: func(context.Context) error { panic("out of ideas") }}, func(t *testing.T, w *web) {
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
			page := w.send(call.method, call.path, nil)
			page.wants(t, call.status)
			if !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") || strings.Contains(page.body, "out of ideas") {
				t.Errorf("%s %s: %s %s", call.method, call.path, page.Header.Get("Content-Type"), page.body)
			}
		}
	})
}

func TestAPanicOfTheAPIIsAProblemWithoutDetails(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		w.bus.fail = func() error { panic("the bus left the road") }
		answer := w.call(http.MethodPost, updates, w.token, update)
		answer.isProblem(t, http.StatusInternalServerError, "")
		if strings.Contains(answer.body, "road") {
			t.Errorf("the answer tells %s", answer.body)
		}
	})
}

func TestABusThatFailsNeverFailsThePublishing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		w.bus.fail = func() error { return errors.New("no server") }
		var p published
		w.call(http.MethodPost, updates, w.token, update).decode(t, http.StatusCreated, &p)
		if p.Alert == nil {
			t.Error("no alert")
		}
	})
}
