package handlers_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

func TestAProcessIsReadyWhenItsDependenciesAre(t *testing.T) {
	var missing error
	o := handlers.Options{Ready: func(context.Context) error { return missing }}
	handlerstest.OnBothWith(t, o, func(t *testing.T, w *handlerstest.Web) {
		missing = nil
		w.Get("/readyz").WantStatus(t, http.StatusOK)
		missing = errors.New("no bus at nats://user:password@bus")
		answer := w.Get("/readyz")
		answer.WantProblem(t, http.StatusServiceUnavailable, "Not ready")
		if strings.Contains(answer.Text, "password") {
			t.Errorf("the answer leaks %s", answer.Text)
		}
		w.Get("/healthz").WantStatus(t, http.StatusOK)
	})
}

func TestAProcessNamesTheMissingDependencyWithoutItsAddress(t *testing.T) {
	o := handlers.Options{Ready: func(context.Context) error {
		return &models.NotReady{Words: "NATS is not connected", Cause: errors.New("no bus at nats://user:password@bus")}
	}}
	handlerstest.OnBothWith(t, o, func(t *testing.T, w *handlerstest.Web) {
		answer := w.Get("/readyz")
		answer.WantProblem(t, http.StatusServiceUnavailable, "Not ready: NATS is not connected.")
		if strings.Contains(answer.Text, "password") {
			t.Errorf("the answer leaks %s", answer.Text)
		}
	})
}

func TestReadinessIsAnsweredEvenIfACheckHangs(t *testing.T) {
	hung, release := context.WithCancel(t.Context())
	o := handlers.Options{Ready: func(context.Context) error {
		<-hung.Done() // it ignores its context
		return nil
	}}
	handlerstest.OnBothWith(t, o, func(t *testing.T, w *handlerstest.Web) {
		w.Get("/readyz").WantProblem(t, http.StatusServiceUnavailable, "does not answer in time")
	})
	release()
}

func TestAProcessCountsRequestsInProgressExceptOpenPages(t *testing.T) {
	var answering func() int
	during := 0
	o := handlers.Options{Ready: func(context.Context) error {
		during = answering()
		return nil
	}}
	handlerstest.OnBothWith(t, o, func(t *testing.T, w *handlerstest.Web) {
		answering = w.Answering
		page, _ := w.DialStream()
		if _, err := page.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		w.Get("/readyz").WantStatus(t, http.StatusOK)
		if during != 1 || w.Answering() != 0 {
			t.Errorf("%d requests in progress, and %d afterwards; want 1 and 0", during, w.Answering())
		}
	})
}

func TestAProcessIsNotReadyOnAnOldSchema(t *testing.T) {
	store, err := models.Open(t.Context(), models.Options{URL: filepath.Join(t.TempDir(), "empty.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	handler, err := handlers.New(handlers.Options{Store: store, Bus: &handlerstest.Bus{}, BaseURL: "http://news.example", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if answer.Code != http.StatusServiceUnavailable || !strings.Contains(answer.Body.String(), "older than") || answer.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}
