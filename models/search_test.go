package models_test

import (
	"database/sql"
	"errors"
	"testing"

	"golang.org/x/sync/errgroup"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestSlowSearchesEndAndLeaveTheDatabaseToOthers(t *testing.T) {
	db := modelstest.Open(t, modelstest.Postgres)
	db.Outage("messages-down", "messenger")
	other, err := sql.Open("pgx", db.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	lock, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec("LOCK TABLE outages"); err != nil { // which blocks its readers
		t.Fatal(err)
	}
	var searches errgroup.Group
	for range 20 { // more than there are connections
		searches.Go(func() error {
			if _, err := db.SearchOutages(t.Context(), "messages", 10); !errors.Is(err, models.ErrTooSlow) {
				return errors.Join(errors.New("a search that hangs has not ended as too slow"), err)
			}
			return nil
		})
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Errorf("beside them: %v", err)
	}
	if err := searches.Wait(); err != nil {
		t.Error(err)
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	if found, err := db.SearchOutages(t.Context(), "messages", 10); err != nil || len(found) != 1 {
		t.Errorf("afterwards: %d found, %v; want one", len(found), err)
	}
}
