// Package modelstest gives tests real databases of both kinds, a clock that
// they hold in their hands, and builders that set only what a test is about.
//
// PostgreSQL is a throwaway cluster, made from the installed binaries and ended
// by [Main], or the server that NEWSBELL_TEST_POSTGRES_URL names. With CI=true
// a missing PostgreSQL fails the test; otherwise it is skipped.
package modelstest

import (
	"context"
	"testing"
	"time"

	"newsbell/models"
)

// Start is the time at which every test's clock begins: the first report of
// the outage of 3 November 2021.
var Start = time.Date(2021, 11, 3, 18, 4, 0, 0, time.UTC)

// Kind is a kind of database.
type Kind string

const (
	SQLite   Kind = "SQLite"
	Postgres Kind = "PostgreSQL"
)

// DB is an empty database with the schema, and its clock.
type DB struct {
	*models.Store
	// URL opens the same database again, as another process would.
	URL   string
	Clock *Clock
	t     testing.TB
}

// OnBoth runs a test on a database of each kind.
func OnBoth(t *testing.T, test func(t *testing.T, db *DB)) {
	t.Helper()
	for _, kind := range []Kind{SQLite, Postgres} {
		t.Run(string(kind), func(t *testing.T) { test(t, Open(t, kind)) })
	}
}

// Open gives a test a database of one kind, which lives as long as the test;
// the extra push hosts are allowed.
func Open(t testing.TB, kind Kind, pushHosts ...string) *DB {
	t.Helper()
	url := newSQLite(t)
	if kind == Postgres {
		url = newPostgres(t)
	}
	clock := &Clock{now: Start}
	return &DB{Store: OpenURL(t, url, clock.Now, pushHosts...), URL: url, Clock: clock, t: t}
}

// OpenURL opens a migrated database on a clock; the push services of [PushHosts]
// are allowed.
func OpenURL(t testing.TB, url string, now func() time.Time, pushHosts ...string) *models.Store {
	t.Helper()
	store, err := models.Open(context.Background(), models.Options{URL: url, Now: now, PushHosts: PushHosts(t, pushHosts...)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// PushHosts allows the real push services, and extra ones: the origin of a
// test's own.
func PushHosts(t testing.TB, extra ...string) models.PushHosts {
	t.Helper()
	hosts, err := models.NewPushHosts(extra...)
	if err != nil {
		t.Fatal(err)
	}
	return hosts
}
