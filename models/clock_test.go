package models_test

import (
	"database/sql"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestProcessesOnOnePostgresGoByItsClock(t *testing.T) {
	url := modelstest.EmptyPostgres(t)
	twoHoursAhead(t, url)
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

// twoHoursAhead lets a database's own clock be wrong, or all others.
func twoHoursAhead(t *testing.T, url string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		"CREATE SCHEMA ahead",
		`CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE SQL
			RETURN pg_catalog.clock_timestamp() + interval '2 hours'`,
		`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = ahead, public, pg_catalog', current_database()); END $$`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}
