package modelstest

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"newsbell/models/pgtest"
)

// Bouncer starts a PgBouncer before a PostgreSQL database, and returns the URL
// through it. Pooling is "session" or "transaction". Like PostgreSQL, it must be
// installed where CI=true.
func Bouncer(t testing.TB, databaseURL, pooling string) string {
	t.Helper()
	database, err := pgconn.ParseConfig(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	bouncer, err := pgtest.StartBouncer(databaseURL, pooling)
	if err != nil && os.Getenv("CI") != "true" {
		t.Skipf("%v (make setup installs it)", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bouncer.Close(); err != nil {
			t.Error(err)
		}
	})
	return bouncer.URL(database.Database)
}
