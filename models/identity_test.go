package models_test

import (
	"errors"
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// Migration 14 makes the table of identities.
func TestIdentitiesComeAndGoWithTheirMigrationAndPeopleStay(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		identity := models.Identity{Issuer: "https://login.news.example", Subject: "1", Name: "Ada", Email: ada, Role: models.RoleChief}
		person, err := db.PersonByIdentity(ctx, identity)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.MigrateDown(ctx, 13); err != nil {
			t.Fatal(err)
		}
		store := again(t, db)
		if _, err := store.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if found, err := store.Person(ctx, person.ID); err != nil || found.Email != ada {
			t.Errorf("person = %+v, %v; want as before", found, err)
		}
		if _, err := store.PersonByIdentity(ctx, identity); !errors.Is(err, models.ErrConflict) {
			t.Errorf("without its row, an identity finds a person by address: %v", err)
		}
	})
}
