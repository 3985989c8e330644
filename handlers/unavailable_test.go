package handlers_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/endpoints"
	"newsbell/models/modelstest"
	"newsbell/models/sqlitetest"
)

func TestALockedDatabaseAnswersWith503(t *testing.T) {
	hosts, err := endpoints.NewAllowlist()
	if err != nil {
		t.Fatal(err)
	}
	db := modelstest.OpenWith(t, modelstest.SQLite, models.Options{PushHosts: hosts, BusyTimeout: 10 * time.Millisecond})
	w := handlerstest.New(t, db, handlers.Options{})
	secret := w.NewReader()
	unlock, err := sqlitetest.Lock(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	newcomer := w.SubscriptionBody("outage/messages-down:all")
	for name, answer := range map[string]handlerstest.Answer{
		"subscribe": w.Call(http.MethodPost, "/api/v1/subscriptions", "", newcomer),
		"follow":    w.Call(http.MethodPut, "/api/v1/subscription/follows/outage/messages-down", secret, map[string]string{"level": "all"}),
		"publish":   w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, handlerstest.UpdateBody),
	} {
		if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s, %v; want 503 and Retry-After", name, answer.Status, answer.Header)
		}
	}
	signIn := w.Submit("/editor/sign-in", url.Values{"token": {w.Token}})
	if signIn.StatusCode != http.StatusServiceUnavailable || signIn.Header.Get("Retry-After") == "" {
		t.Errorf("sign in: %s, %v; want 503 and Retry-After", signIn.Status, signIn.Header)
	}
	w.Get("/outages/messages-down").WantStatus(t, http.StatusOK)
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	w.Call(http.MethodPost, "/api/v1/subscriptions", "", newcomer).WantStatus(t, http.StatusCreated)
}

func TestAReadOnlyDatabaseAnswersWith503(t *testing.T) {
	db := modelstest.Open(t, modelstest.Postgres)
	w := handlerstest.New(t, db, handlers.Options{})
	db.Exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$")
	store, err := models.Open(t.Context(), models.Options{URL: db.URL, Now: db.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	readOnly := *db
	readOnly.Store = store
	w = handlerstest.Serve(t, &readOnly, w.Token, &handlerstest.Bus{}, handlers.Options{})
	answer := w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, handlerstest.UpdateBody)
	answer.WantProblem(t, http.StatusServiceUnavailable, "try again")
}
