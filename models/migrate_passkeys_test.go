package models_test

import (
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// Migration 13 makes the tables of passkeys and challenges.
func TestPasskeysComeAndGoWithTheirMigrationAndPeopleStay(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		person := db.Person(ada, models.RoleChief)
		addPasskey(t, db, person, "phone")
		if _, err := db.AddChallenge(ctx, models.Challenge{Kind: models.ChallengePasskey, Data: []byte("data")}); err != nil {
			t.Fatal(err)
		}
		if err := db.MigrateDown(ctx, 12); err != nil {
			t.Fatal(err)
		}
		if err := db.TryExec("SELECT id FROM passkeys"); err == nil {
			t.Error("passkeys are still there")
		}
		store := again(t, db)
		if _, err := store.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if passkeys, err := store.Passkeys(ctx, person.ID); err != nil || len(passkeys) != 0 {
			t.Errorf("passkeys = %+v, %v; want none", passkeys, err)
		}
		if found, err := store.Person(ctx, person.ID); err != nil || found.PasswordHash != person.PasswordHash {
			t.Errorf("person = %+v, %v; want as before", found, err)
		}
	})
}
