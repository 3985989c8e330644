package models_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

const newerSchema = "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)"

func TestADatabaseThatWorksIsReady(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		if err := db.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestANewerSchemaIsRefusedInWords(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Exec(newerSchema)
		if _, err := db.Migrate(t.Context()); !errors.Is(err, models.ErrNewerSchema) {
			t.Errorf("a start on it: %v; want that it is newer", err)
		}
		isNotReady(t, db.Store, "the database's schema is newer than this program knows")
	})
}

func TestAReadOnlyPostgresIsNotReady(t *testing.T) {
	db := modelstest.Open(t, modelstest.Postgres)
	db.Exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
	store, err := models.Open(t.Context(), models.Options{URL: db.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	isNotReady(t, store, "the database takes no changes")
}

func TestALockedSQLiteIsNotReady(t *testing.T) {
	db := modelstest.Open(t, modelstest.SQLite)
	other, err := sql.Open("sqlite", db.URL+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	lock, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	isNotReady(t, db.Store, "the database takes no changes")
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Errorf("it is not locked any more: %v", err)
	}
}

func isNotReady(t *testing.T, store *models.Store, words string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := store.Ready(ctx)
	if why, ok := errors.AsType[*models.NotReady](err); !ok || why.Words != words {
		t.Errorf("%v; want %q", err, words)
	}
}
