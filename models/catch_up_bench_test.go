package models_test

import (
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// BenchmarkDelivery delivers a page to a thousand readers: all accepted, or all deferred
// for the night, which is a row for each.
func BenchmarkDelivery(b *testing.B) {
	for _, kind := range []modelstest.Kind{modelstest.SQLite, modelstest.Postgres} {
		for name, quiet := range map[string]string{"accepted": "NULL", "deferred": "1080"} {
			b.Run(string(kind)+"/"+name, func(b *testing.B) {
				db := modelstest.Open(b, kind)
				db.Outage("messages-down", "messenger")
				createReaders(db, 1000)
				db.Exec("UPDATE subscriptions SET time_zone = 'Europe/London', quiet_from = " + quiet + ", quiet_until = CASE WHEN " + quiet + " IS NULL THEN NULL ELSE 420 END")
				var pages int
				var spent time.Duration
				for b.Loop() {
					shard := shardOf(b, db, db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID)
					began := time.Now()
					newFakeNotifier(b, db).deliver(shard.ID)
					spent += time.Since(began)
					pages++
				}
				b.ReportMetric(float64(spent.Microseconds())/float64(pages)/1000, "µs/reader")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
