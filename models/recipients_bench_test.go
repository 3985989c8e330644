package models_test

import (
	"context"
	"testing"

	"newsbell/models"
	"newsbell/models/database"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

const audienceSize = 1_000_000

// BenchmarkLedgerQuestions asks about an alert that a million readers had.
func BenchmarkLedgerQuestions(b *testing.B) {
	for _, kind := range []modelstest.Kind{modelstest.SQLite, modelstest.Postgres} {
		b.Run(string(kind), func(b *testing.B) {
			db := modelstest.Open(b, kind)
			id := sendToAll(b, db)
			b.Run("SentTo", func(b *testing.B) {
				for n := int64(1); b.Loop(); n = n%audienceSize + 7919 {
					if outcome, err := db.SentTo(b.Context(), id, min(n, audienceSize)); err != nil || outcome == ledger.Untried {
						b.Fatal(outcome, err)
					}
				}
			})
			b.Run("HostCounts", func(b *testing.B) {
				for b.Loop() {
					if hosts, err := db.HostCounts(b.Context(), id); err != nil || len(hosts) != 4 {
						b.Fatal(hosts, err)
					}
				}
			})
			b.Run("Recipients/990000Accepted", func(b *testing.B) { benchmarkRecipients(b, db, id, ledger.Accepted) })
			b.Run("Recipients/10000Failed", func(b *testing.B) { benchmarkRecipients(b, db, id, ledger.Failed) })
		})
	}
}

func benchmarkRecipients(b *testing.B, db *modelstest.DB, alertID int64, outcome ledger.Outcome) {
	for b.Loop() {
		for _, err := range db.Recipients(b.Context(), alertID, outcome) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// sendToAll records an alert to a million readers at four push hosts, of
// which one in 100 failed.
func sendToAll(b *testing.B, db *modelstest.DB) (alertID int64) {
	b.Helper()
	ctx := b.Context()
	db.Outage("messages-down", "messenger")
	createReaders(db, audienceSize)
	alertID = db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
	shards, err := db.DueShards(ctx, audienceSize)
	if err != nil {
		b.Fatal(err)
	}
	for _, shard := range shards {
		claim, err := db.Claim(ctx, shard.ID)
		if err != nil {
			b.Fatal(err)
		}
		err = db.Deliver(ctx, claim, models.Delivery{
			Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
				results := outcomes(recipients, ledger.Accepted)
				for i := 0; i < len(results); i += 100 {
					results[i].Outcome = ledger.Failed
				}
				return results, nil
			},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return alertID
}

// createReaders makes a number of readers of messages-down.
func createReaders(db *modelstest.DB, size int) {
	key := db.VAPIDKey()
	numbers, random, now := "SELECT n FROM generate_series(1, ?::int) AS n", "decode(md5(n::text), 'hex')", "now()"
	if !database.IsPostgres(db.URL) {
		numbers = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < ?) SELECT n FROM series"
		random, now = "randomblob(16)", "'2021-11-03 18:00:00+00:00'"
	}
	db.Exec(`INSERT INTO subscriptions (endpoint, endpoint_hash, p256dh, auth, secret_hash, vapid_key_id, time_zone, needs_resubscribe, created_at, updated_at)
		SELECT 'https://host' || (n % 4) || '.example/' || n, `+random+`, `+random+`, `+random+`, `+random+`, ?, 'UTC', false, `+now+`, `+now+`
		FROM (`+numbers+`) AS numbers`, key.ID, size)
	db.Exec(`INSERT INTO follows (topic_id, subscription_id, min_level, created_at)
		SELECT t.id, s.id, 0, s.created_at FROM subscriptions s, topics t WHERE t.slug = 'messages-down'`)
}
