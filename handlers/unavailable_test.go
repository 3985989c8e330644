package handlers_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"newsbell/handlers"
	"newsbell/models"
	"newsbell/models/endpoints"
	"newsbell/models/modelstest"
	"newsbell/models/sqlitetest"
)

func TestADatabaseThatIsLockedIsNoFaultOfTheRequest(t *testing.T) {
	hosts, err := endpoints.NewAllowlist()
	if err != nil {
		t.Fatal(err)
	}
	db := modelstest.OpenWith(t, modelstest.SQLite, models.Options{PushHosts: hosts, BusyTimeout: 10 * time.Millisecond})
	w := newWeb(t, db, handlers.Options{})
	secret := w.subscribe()
	unlock, err := sqlitetest.Lock(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	newcomer := w.subscription("outage/messages-down:all")
	for name, answer := range map[string]answer{
		"subscribe": w.call(http.MethodPost, "/api/v1/subscriptions", "", newcomer),
		"follow":    w.call(http.MethodPut, "/api/v1/subscription/follows/outage/messages-down", secret, map[string]string{"level": "all"}),
		"publish":   w.call(http.MethodPost, updates, w.token, update),
	} {
		if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s, %v; want 503 and when to come back", name, answer.Status, answer.Header)
		}
	}
	signIn := w.submit("/editor/sign-in", url.Values{"token": {w.token}})
	if signIn.StatusCode != http.StatusServiceUnavailable || signIn.Header.Get("Retry-After") == "" {
		t.Errorf("sign in: %s, %v; want 503 and when to come back", signIn.Status, signIn.Header)
	}
	w.get("/outages/messages-down").wants(t, http.StatusOK)
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	w.call(http.MethodPost, "/api/v1/subscriptions", "", newcomer).wants(t, http.StatusCreated)
}

func TestADatabaseThatOnlyReadsIsNoFaultOfTheRequest(t *testing.T) {
	db := modelstest.Open(t, modelstest.Postgres)
	w := newWeb(t, db, handlers.Options{})
	db.Exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$")
	store, err := models.Open(t.Context(), models.Options{URL: db.URL, Now: db.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	readOnly := *db
	readOnly.Store = store
	w = serveWeb(t, &readOnly, w.token, &bus{}, handlers.Options{})
	answer := w.call(http.MethodPost, updates, w.token, update)
	answer.isProblem(t, http.StatusServiceUnavailable, "try again")
}
