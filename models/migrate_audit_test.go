package models_test

import (
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// Migration 24 begins the chain behind the entries that are there, and keeps all entries on
// the way down.
func TestTheAuditChainBeginsBehindOlderEntries(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.App("messenger")
		isDone(t, db.MigrateDown(ctx, 23))
		const older = "INSERT INTO audit_entries (actor, action, subject, created_at) VALUES ('operator', 'create app', 'app/threads', ?)"
		db.Exec(older, db.Now())
		_, err := db.Migrate(ctx)
		isDone(t, err)
		if report, err := db.VerifyAudit(ctx, models.AuditHead{}); err != nil || report.Entries != 0 {
			t.Errorf("before the first entry: %+v, %v", report, err)
		}
		db.App("instagram")
		report, err := db.VerifyAudit(ctx, models.AuditHead{})
		if err != nil || report.Unchained != 3 || report.Entries != 2 || report.Head.ID != 5 {
			t.Errorf("report = %+v, %v; want 3 older entries and 2 in the chain", report, err)
		}
		isDone(t, db.MigrateDown(ctx, 23))
		db.Exec(older, db.Now())
		if rows := db.Count("audit_entries"); rows != 6 {
			t.Errorf("%d entries; want all 6", rows)
		}
	})
}
