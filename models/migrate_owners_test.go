package models_test

import (
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // a driver for database/sql

	"newsbell/models"
	"newsbell/models/database"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

// Migration 8 says in another way which shards are done, so that workers of older
// releases leave them alone.
func TestShardsAreDoneOrNotThroughTheirMigrationUpAndDown(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		ended := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		deliver(t, db, claimAll(t, db, ended)[0], ledger.Accepted)
		going := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		claimAll(t, db, going)

		if err := db.MigrateDown(ctx, 7); err != nil {
			t.Fatal(err)
		}
		raw := openRaw(t, db)
		for alert, want := range map[int64]string{ended: "finished", going: "unfinished"} {
			var state string
			if err := raw.QueryRowContext(ctx, "SELECT state FROM shards WHERE alert_id = $1", alert).Scan(&state); err != nil || state != want {
				t.Errorf("the shard of alert %d is %q, %v; want %s", alert, state, err, want)
			}
		}
		if _, err := db.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		due, err := db.DueShards(ctx, 10)
		if err != nil || len(due) != 1 || due[0].ID != shardOf(t, db, going).ID {
			t.Errorf("due = %+v, %v; want the shard that is not done, without an owner", due, err)
		}
	})
}

// openRaw opens a test's database without a store.
func openRaw(t *testing.T, db *modelstest.DB) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if database.IsPostgres(db.URL) {
		driver = "pgx"
	}
	raw, err := sql.Open(driver, db.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	return raw
}
