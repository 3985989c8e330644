package models_test

import (
	"slices"
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestOldReasonsThatNameAddressesAreReplaced(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		alert := *db.PublishDraft(models.Draft{Outage: "messages-down"}).Alert
		if err := db.MigrateDown(t.Context(), 9); err != nil {
			t.Fatal(err)
		}
		for _, f := range []struct {
			status int
			reason string
		}{
			{0, "lookup a.push.apple.com on 10.0.0.2:53: no such host"},
			{0, "connect to a.push.apple.com: dial tcp 10.0.0.9:443: connect: connection refused"},
			{0, "timed out"},
			{400, "I read the token and cannot dial you"},
		} {
			db.Exec("INSERT INTO failures (alert_id, subscription_id, push_host, status, reason, created_at) VALUES (?, 1, '', ?, ?, ?)",
				alert.ID, f.status, f.reason, db.Now())
		}
		store := again(t, db)
		if _, err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		failures, err := store.Failures(t.Context(), alert, 10)
		var reasons []string
		for _, f := range failures {
			reasons = append(reasons, f.Reason)
		}
		want := []string{"the network failed", "the network failed", "timed out", "I read the token and cannot dial you"}
		if err != nil || !slices.Equal(reasons, want) {
			t.Errorf("reasons = %q, %v; want %q", reasons, err, want)
		}
	})
}
