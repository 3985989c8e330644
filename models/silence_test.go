package models_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// goesOnWithin is how soon a store must work again when new connections pass.
const goesOnWithin = 15 * time.Second

func TestConnectionsThatFallSilentAreReplaced(t *testing.T) {
	t.Parallel()
	store, gate := behindGateway(t)
	openMany(t, store)
	gate.Silence()
	ctx, cancel := context.WithTimeout(t.Context(), goesOnWithin)
	defer cancel()
	for { // what was under way fails; what is asked again is answered
		if _, err := store.UnplannedAlerts(ctx); err == nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatal("the store still hangs")
		}
	}
	soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var group errgroup.Group
	for range 20 { // more than were silent
		group.Go(func() error {
			_, err := store.UnplannedAlerts(soon)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Errorf("one silent connection was replaced, but others are used: %v", err)
	}
}

func TestAConnectionThatHangsKeepsNoOtherReaderWaiting(t *testing.T) {
	t.Parallel()
	store, gate := behindGateway(t)
	if err := store.Ready(t.Context()); err != nil { // one connection is open
		t.Fatal(err)
	}
	gate.Silence()
	hung, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = store.Outage(hung, "messages-down")
	}()
	defer func() {
		cancel()
		<-ended
	}()
	<-gate.Swallowed
	answered := make(chan error, 1)
	go func() {
		_, err := store.Outage(t.Context(), "messages-down")
		answered <- err
	}()
	select {
	case err := <-answered:
		if !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the page: %v; want that there is none", err)
		}
	case <-ended:
		t.Error("the hung reader was answered first")
	case <-time.After(goesOnWithin):
		t.Error("a reader waits for another one's connection")
	}
}

func TestADatabaseThatIsCutOffIsNotReadyAndRequestsDoNotHang(t *testing.T) {
	t.Parallel()
	store, gate := behindGateway(t)
	openMany(t, store)
	gate.Cut()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := store.Ready(ctx); err == nil {
		t.Error("ready while cut off")
	}
	never, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := store.UnplannedAlerts(never); err == nil || never.Err() != nil {
		t.Errorf("a question without a deadline: %v; want an error before that of the test", err)
	}
	gate.Heal()
	healed, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for store.Ready(healed) != nil {
		if healed.Err() != nil {
			t.Fatal("still not ready 10 s after the partition was healed")
		}
	}
}

// behindGateway opens a new PostgreSQL database through a gateway.
func behindGateway(t *testing.T) (*models.Store, *modelstest.Gateway) {
	t.Helper()
	direct, err := pgconn.ParseConfig(modelstest.Open(t, modelstest.Postgres).URL)
	if err != nil {
		t.Fatal(err)
	}
	gate := modelstest.NewGateway(t)
	gate.LeadTo(pgconn.NetworkAddress(direct.Host, direct.Port))
	u := url.URL{Scheme: "postgres", User: url.User(direct.User), Host: gate.Addr().String(), Path: direct.Database, RawQuery: "sslmode=disable"}
	store, err := models.Open(t.Context(), models.Options{URL: u.String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, gate
}

// openMany lets a store open several connections.
func openMany(t *testing.T, store *models.Store) {
	t.Helper()
	var group errgroup.Group
	for range 8 {
		group.Go(func() error { return store.Ready(t.Context()) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}
