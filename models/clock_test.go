package models_test

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"newsbell/models"
	"newsbell/models/database"
	"newsbell/models/modelstest"
)

func TestProcessesOnOnePostgresGoByItsClock(t *testing.T) {
	url := modelstest.EmptyPostgres(t)
	setDatabase(t, url, 2*time.Hour)
	store, err := models.Open(t.Context(), models.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ahead := time.Now().Add(2 * time.Hour)
	first := store.Now()
	if off := first.Sub(ahead).Abs(); off > time.Minute {
		t.Errorf("the store's time is %v; want PostgreSQL's, about %v", first, ahead)
	}
	for store.Now().Equal(first) { // it goes on between two readings
	}
	if second := store.Now(); second.Before(first) {
		t.Errorf("the clock went from %v back to %v", first, second)
	}
}

// While a machine sleeps, its monotonic clock stands still.
func TestTheDatabaseIsAskedForItsTimeWhenTheMachineHasSlept(t *testing.T) {
	url := modelstest.EmptyPostgres(t)
	setDatabase(t, url, 0)
	pool, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var asleep atomic.Int64
	clock, err := database.StartClock(t.Context(), pool, func() time.Time {
		return modelstest.Corrected(time.Now(), time.Duration(asleep.Load()))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer clock.Close()
	const slept = 2 * time.Hour
	setDatabase(t, url, slept)
	asleep.Store(int64(slept))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // before it would ask again anyway
	defer cancel()
	for clock.Now().Before(time.Now().Add(slept - time.Minute)) {
		if ctx.Err() != nil {
			t.Fatalf("the clock's time is still %v", clock.Now())
		}
		runtime.Gosched()
	}
}

// setDatabase sets a database's own clock ahead of all others. Sessions that were
// open before the first time do not notice.
func setDatabase(t *testing.T, url string, ahead time.Duration) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		"CREATE SCHEMA IF NOT EXISTS ahead",
		fmt.Sprintf(`CREATE OR REPLACE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE SQL
			RETURN pg_catalog.clock_timestamp() + interval '%d seconds'`, int(ahead.Seconds())),
		`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = ahead, public, pg_catalog', current_database()); END $$`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}
