package models

import (
	"newsbell/models/migrations"
	"path/filepath"
	"testing"
)

// It is an SQLite database, whose tables are created again on the way.
func TestMigrationsKeepWhatIsThereUpAndDown(t *testing.T) {
	ctx := t.Context()
	store, err := Open(ctx, Options{URL: filepath.Join(t.TempDir(), "newsbell.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	provider, err := migrations.Provider(store.db)
	if err != nil {
		t.Fatal(err)
	}
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(provider.UpTo(ctx, 1))
	db, err := store.db.Write.DB()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		`INSERT INTO outages (slug, headline, standfirst, state, began_at, created_at) VALUES ('down', 'Down', '', 'ongoing', '2021-11-03', '2021-11-03')`,
		`INSERT INTO updates (outage_id, kind, alert_level, headline, body, published_at) VALUES (1, 'update', 'all', 'News', '', '2021-11-03')`,
		`INSERT INTO topics (kind, slug) VALUES ('outage', 'down')`,
		`INSERT INTO vapid_keys (public_key, private_key, current, created_at) VALUES ('a', 'b', true, '2021-11-03')`,
		`INSERT INTO subscriptions (endpoint, endpoint_hash, p256dh, auth, secret_hash, vapid_key_id, time_zone, needs_resubscribe, created_at, updated_at)
			VALUES ('https://push.example/1', x'01', x'02', x'03', x'04', 1, 'UTC', false, '2021-11-03', '2021-11-03')`,
		`INSERT INTO follows (topic_id, subscription_id, level, created_at) VALUES (1, 1, 2, '2021-11-03')`,
		`INSERT INTO alerts (update_id, outage_id, priority, state, hold_until, deadline, audience, planned_upto, created_at)
			VALUES (1, 1, false, 'sending', '2021-11-03', '2021-11-04', 1, 1, '2021-11-03')`,
		`INSERT INTO alert_topics (alert_id, topic_id, reach) VALUES (1, 1, 0)`,
		`INSERT INTO shards (alert_id, after_id, upto_id, position, epoch, state, due_at, accepted, gone, failed, waiting, hosts, ledger)
			VALUES (1, 0, 1, 0, 0, 'unfinished', '2021-11-03', 0, 0, 0, 0, '', x'')`,
		`INSERT INTO failures (alert_id, subscription_id, push_host, status, reason, created_at) VALUES (1, 1, 'push.example', 500, 'no', '2021-11-03')`,
	} {
		must(db.ExecContext(ctx, row))
	}
	isAllThere := func() {
		t.Helper()
		for _, table := range []string{"outages", "updates", "topics", "subscriptions", "follows", "alerts", "alert_topics", "shards", "failures"} {
			var rows int
			if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&rows); err != nil || rows != 1 {
				t.Errorf("%s has %d rows, %v; want the one that was there", table, rows, err)
			}
		}
		broken, err := db.QueryContext(ctx, "PRAGMA foreign_key_check")
		if err != nil {
			t.Fatal(err)
		}
		defer broken.Close()
		if broken.Next() {
			t.Error("a foreign key leads nowhere")
		}
		var enforced bool
		if err := db.QueryRowContext(ctx, "PRAGMA foreign_keys").Scan(&enforced); err != nil || !enforced {
			t.Errorf("foreign keys are enforced: %v, %v", enforced, err)
		}
	}
	must(store.Migrate(ctx))
	isAllThere()
	must(db.ExecContext(ctx, `INSERT INTO subscriptions (endpoint, endpoint_hash, p256dh, auth, secret_hash, vapid_key_id, time_zone, needs_resubscribe, created_at, updated_at, gone_at)
		VALUES ('https://push.example/2', x'11', x'02', x'03', x'14', 1, 'UTC', false, '2021-11-03', '2021-11-03', '2021-11-04')`)) // not there after the way down
	if _, err := store.Claim(ctx, 1); err != nil {
		t.Errorf("a shard of before cannot be claimed: %v", err)
	}
	must(provider.DownTo(ctx, 1))
	isAllThere()
	must(store.Migrate(ctx))
	isAllThere()
}
