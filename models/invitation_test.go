package models_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"newsbell/models"
	"newsbell/models/modelstest"
	"newsbell/models/validation"
)

const ada, bob = "ada@news.example", "bob@news.example"

func invite(t *testing.T, db *modelstest.DB, email string, role models.Role, by string) string {
	t.Helper()
	_, secret, err := db.Invite(t.Context(), models.NewInvitation{Email: email, Role: role, Actor: by})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func newPerson(name string) models.NewPerson {
	return models.NewPerson{Name: name, Password: modelstest.Password}
}

// isEnded checks that an invitation can neither be seen nor used.
func isEnded(t *testing.T, db *modelstest.DB, secret string) {
	t.Helper()
	if _, err := db.Invitation(t.Context(), secret); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the invitation is still open: %v", err)
	}
	n := newPerson("Eve")
	n.Email = "eve@news.example"
	if person, err := db.AcceptInvitation(t.Context(), secret, n); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("an ended invitation made %+v, %v", person, err)
	}
}

func TestAnInvitationMakesOnePersonOnce(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		secret := invite(t, db, " Ada@News.Example ", models.RoleEditor, models.Operator)
		open, err := db.Invitation(t.Context(), secret)
		if err != nil || open.Email != ada || open.Role != models.RoleEditor || strings.Contains(string(open.SecretHash), secret) {
			t.Fatalf("invitation = %+v, %v", open, err)
		}
		made := make(chan models.Person, 4)
		var together errgroup.Group
		for range cap(made) {
			together.Go(func() error {
				person, err := db.AcceptInvitation(t.Context(), secret, newPerson(" Ada "))
				if err == nil {
					made <- person
				} else if !errors.Is(err, models.ErrNotFound) {
					return err
				}
				return nil
			})
		}
		if err := together.Wait(); err != nil || len(made) != 1 {
			t.Fatalf("%d people, %v; want one", len(made), err)
		}
		person := <-made
		if person.Name != "Ada" || person.Email != ada || person.Role != models.RoleEditor || strings.Contains(person.PasswordHash, modelstest.Password) {
			t.Errorf("person = %+v", person)
		}
		isEnded(t, db, secret)
		if _, _, err := db.Invite(t.Context(), models.NewInvitation{Email: "ADA@news.example", Role: models.RoleChief, Actor: "test"}); !errors.Is(err, models.ErrConflict) {
			t.Errorf("a second account with another spelling: %v", err)
		}
		entries, err := db.AuditEntries(t.Context(), 2)
		if err != nil || entries[1].Action != "invite editor" || entries[1].Actor != "operator" || entries[1].Subject != ada ||
			entries[0].Action != "accept invitation as editor" || entries[0].Actor != "person "+ada {
			t.Errorf("audit = %+v, %v", entries, err)
		}
	})
}

func TestInvitationsEndAfterThreeDaysWhenReplacedAndWhenWithdrawn(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		first := invite(t, db, ada, models.RoleEditor, "test")
		second := invite(t, db, ada, models.RoleViewer, "test")
		isEnded(t, db, first)
		if open, err := db.Invitations(ctx); err != nil || len(open) != 1 || open[0].Role != models.RoleViewer {
			t.Fatalf("open = %+v, %v; want the second", open, err)
		}
		db.Clock.Advance(72*time.Hour - time.Second)
		if _, err := db.Invitation(ctx, second); err != nil {
			t.Errorf("ended too early: %v", err)
		}
		db.Clock.Advance(time.Second)
		isEnded(t, db, second)
		third := invite(t, db, bob, models.RoleViewer, "test")
		open, err := db.Invitations(ctx)
		if err != nil || len(open) != 1 || db.Count("invitations") != 1 {
			t.Fatalf("open = %+v, %v; want the third alone", open, err)
		}
		for _, want := range []error{nil, models.ErrNotFound} {
			if err := db.WithdrawInvitation(ctx, open[0].ID, "test"); !errors.Is(err, want) {
				t.Errorf("withdraw: %v; want %v", err, want)
			}
		}
		isEnded(t, db, third)
	})
}

func TestTheFirstInvitationIsForAFirstPersonOnly(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		_, old, err := db.InviteFirst(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, secret, err := db.InviteFirst(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		isEnded(t, db, old)
		n := newPerson("Ada")
		if _, err := db.AcceptInvitation(t.Context(), secret, n); !isProblem(err, "email") {
			t.Errorf("without an address: %v", err)
		}
		db.Person(bob, models.RoleEditor) // quicker
		n.Email = ada
		isEnded(t, db, secret)
		if _, _, err := db.InviteFirst(t.Context()); !errors.Is(err, models.ErrConflict) {
			t.Errorf("a first invitation beside people: %v", err)
		}
		person, err := db.PersonByEmail(t.Context(), bob)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.RemovePerson(t.Context(), person.ID, models.Operator); err != nil {
			t.Fatal(err)
		}
		if _, secret, err = db.InviteFirst(t.Context()); err != nil {
			t.Fatal(err)
		}
		if chief, err := db.AcceptInvitation(t.Context(), secret, n); err != nil || chief.Role != models.RoleChief || chief.Email != ada {
			t.Errorf("chief = %+v, %v", chief, err)
		}
	})
}

func TestWhatIsWrongWithAPersonIsNamedByField(t *testing.T) {
	db := modelstest.Open(t, modelstest.SQLite)
	for _, email := range []string{"", "ada", "Ada <ada@news.example>", "a b@news.example", "ada@news.example, eve@evil.example", "ada@\x00", strings.Repeat("a", 251) + "@a.b"} {
		if _, _, err := db.Invite(t.Context(), models.NewInvitation{Email: email, Role: models.RoleEditor, Actor: "test"}); !isProblem(err, "email") {
			t.Errorf("%q: %v", email, err)
		}
	}
	if _, _, err := db.Invite(t.Context(), models.NewInvitation{Email: ada, Role: "owner", Actor: "test"}); !isProblem(err, "role") {
		t.Errorf("role: %v", err)
	}
	secret := invite(t, db, ada, models.RoleEditor, "test")
	for _, n := range []models.NewPerson{{Name: " ", Password: "short"}, {Name: strings.Repeat("a", 81), Password: ada}} {
		if _, err := db.AcceptInvitation(t.Context(), secret, n); !isProblem(err, "name") || !isProblem(err, "password") {
			t.Errorf("%+v: %v", n, err)
		}
	}
	if _, err := db.Invitation(t.Context(), secret); err != nil {
		t.Errorf("an attempt with problems used up the invitation: %v", err)
	}
}

// isProblem reports whether an error names a problem of a field.
func isProblem(err error, field string) bool {
	invalid, ok := errors.AsType[*validation.Invalid](err)
	if !ok {
		return false
	}
	for _, p := range invalid.Problems {
		if p.Field == field {
			return true
		}
	}
	return false
}
