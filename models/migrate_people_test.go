package models_test

import (
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// Migration 11 makes the tables of people, and tables of sessions that have owners.
func TestPeopleAndSessionsComeAndGoWithTheirMigration(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		_, secret, err := db.CreateToken(ctx, models.NewToken{Name: "desk", Scopes: models.Scopes})
		if err != nil {
			t.Fatal(err)
		}
		db.Session(db.Person(ada, models.RoleChief))
		invite(t, db, bob, models.RoleEditor, "person "+ada)
		if err := db.MigrateDown(ctx, 10); err != nil {
			t.Fatal(err)
		}
		db.Exec("INSERT INTO sessions (token, data, expires_at) VALUES ('hash', 'data', ?)", db.Now())
		if err := db.TryExec("SELECT id FROM people"); err == nil {
			t.Error("people are still there")
		}
		store := again(t, db)
		if _, err := store.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"people", "invitations", "sessions"} {
			if rows := db.Count(table); rows != 0 {
				t.Errorf("%s has %d rows; want none", table, rows)
			}
		}
		token, err := store.Authenticate(ctx, secret)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.OpenTokenSession(ctx, token, ""); err != nil {
			t.Errorf("nobody can sign in: %v", err)
		}
		if entries, err := store.AuditEntries(ctx, 10); err != nil || len(entries) < 4 {
			t.Errorf("audit = %+v, %v; want it kept", entries, err)
		}
	})
}
