// Package modelstest gives tests real databases of both kinds, a clock that they control,
// and builders that set only what a test is about.
//
// PostgreSQL is a throwaway cluster, made from the installed binaries and ended
// by [Main], or the server that NEWSBELL_TEST_POSTGRES_URL names; the command
// withdatabases starts one for several packages. With CI=true a missing PostgreSQL
// fails the test; otherwise it is skipped.
package modelstest

import (
	"context"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/endpoints"
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

// OnBothWith is OnBoth with options; URL, clock and push hosts are the test's own.
func OnBothWith(t *testing.T, o models.Options, test func(t *testing.T, db *DB)) {
	t.Helper()
	o.PushHosts = knownHosts(t)
	for _, kind := range []Kind{SQLite, Postgres} {
		t.Run(string(kind), func(t *testing.T) { test(t, OpenWith(t, kind, o)) })
	}
}

// Open gives a test a database of one kind, which lives as long as the test.
func Open(t testing.TB, kind Kind) *DB {
	t.Helper()
	return OpenWith(t, kind, models.Options{PushHosts: knownHosts(t)})
}

// OpenWith is Open with options; the clock is the test's own, and so is the
// database, unless the options have a URL.
func OpenWith(t testing.TB, kind Kind, o models.Options) *DB {
	t.Helper()
	if o.URL == "" {
		o.URL = newDatabase(t, kind)
	}
	clock := &Clock{now: Start}
	o.Now = clock.Now
	store, err := models.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return &DB{Store: store, URL: o.URL, Clock: clock, t: t}
}

func newDatabase(t testing.TB, kind Kind) string {
	t.Helper()
	if kind == Postgres {
		return newPostgres(t)
	}
	return newSQLite(t)
}

// PushHosts allows the browsers' push services, and others.
func PushHosts(t testing.TB, others ...string) endpoints.Allowlist {
	t.Helper()
	hosts, err := endpoints.NewAllowlist(others...)
	if err != nil {
		t.Fatal(err)
	}
	return hosts
}

// knownHosts are the browsers' push services and two of an operator's own.
func knownHosts(t testing.TB) endpoints.Allowlist {
	t.Helper()
	return PushHosts(t, "push.example.org", "http://127.0.0.1:8030")
}
