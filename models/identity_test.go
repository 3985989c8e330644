package models_test

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

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

func TestFirstSignInsOfOnePersonAtTheSameTimeAllSucceed(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		for n := range 5 {
			identity := models.Identity{
				Issuer: "https://login.news.example", Subject: fmt.Sprint(n), Name: "Ada", Email: fmt.Sprintf("ada-%d@news.example", n), Role: models.RoleEditor,
			}
			var together errgroup.Group
			people := make([]models.Person, 4)
			for i := range people {
				together.Go(func() (err error) {
					people[i], err = db.PersonByIdentity(t.Context(), identity)
					return err
				})
			}
			if err := together.Wait(); err != nil {
				t.Fatal(err)
			}
			for _, person := range people {
				if person.ID != people[0].ID {
					t.Errorf("people = %+v; want one", people)
				}
			}
		}
	})
}

func TestAPersonOfAnIdentityProviderGetsNoPassword(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		person, err := db.PersonByIdentity(ctx, models.Identity{Issuer: "https://login.news.example", Subject: "1", Name: "Ada", Email: ada, Role: models.RoleEditor})
		isDone(t, err)
		session, err := db.SessionBySecret(ctx, db.Session(person))
		isDone(t, err)
		if err := db.ChangePassword(ctx, session, "", modelstest.Password); !errors.Is(err, models.ErrNoPassword) {
			t.Errorf("a first password: %v", err)
		}
		if _, _, err := db.InviteToReset(ctx, person.ID, "test"); !errors.Is(err, models.ErrNoPassword) || !errors.Is(err, models.ErrConflict) {
			t.Errorf("a reset link: %v", err)
		}

		// A release that made such a link may have run until a moment ago.
		_, link, err := db.InviteToReset(ctx, db.Person(bob, models.RoleEditor).ID, "test")
		isDone(t, err)
		db.Exec("UPDATE invitations SET email = ? WHERE kind = 'reset'", ada)
		if _, err := db.ResetPassword(ctx, link, modelstest.Password); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a reset by an older link: %v", err)
		}
		if found, err := db.Store.Person(ctx, person.ID); err != nil || found.HasPassword() {
			t.Errorf("person = %+v, %v; want no password", found, err)
		}
	})
}
