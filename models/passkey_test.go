package models_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// addPasskey gives a person a passkey, named after its device.
func addPasskey(t *testing.T, db *modelstest.DB, person models.Person, name string) models.Passkey {
	t.Helper()
	passkey := models.Passkey{PersonID: person.ID, Handle: []byte(person.Email), CredentialID: []byte(name), Credential: []byte("counter 1"), Name: name}
	if err := db.AddPasskey(t.Context(), passkey); err != nil {
		t.Fatal(err)
	}
	found, err := db.PasskeyByCredential(t.Context(), passkey.CredentialID, passkey.Handle)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAPasskeySignsInWithEachCounterOnce(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		person := db.Person(ada, models.RoleEditor)
		passkey := addPasskey(t, db, person, "phone")
		db.Clock.Advance(time.Hour)
		secret, err := db.OpenPasskeySession(ctx, passkey, []byte("counter 2"), "Chrome on Android")
		if err != nil {
			t.Fatal(err)
		}
		isSignedIn(t, db, secret, true)
		if _, err := db.OpenPasskeySession(ctx, passkey, []byte("counter 2"), ""); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("with an old counter: %v", err)
		}
		if _, err := db.PasskeyByCredential(ctx, passkey.CredentialID, []byte(bob)); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("with another person's handle: %v", err)
		}
		list, err := db.Passkeys(ctx, person.ID)
		if err != nil || len(list) != 1 || list[0].LastUsedAt == nil {
			t.Fatalf("passkeys = %+v, %v", list, err)
		}
		modelstest.Check(t, "the passkey", modelstest.Facts{
			"name": {list[0].Name, "phone"}, "counter": {string(list[0].Credential), "counter 2"},
			"added": {list[0].CreatedAt, modelstest.Start}, "last use": {*list[0].LastUsedAt, db.Now()},
		})
	})
}

func TestASuspendedPasskeyNoLongerSignsIn(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		passkey := addPasskey(t, db, db.Person(ada, models.RoleEditor), "phone")
		if err := db.SuspendPasskey(t.Context(), passkey, []byte("counter 1, copied")); err != nil {
			t.Fatal(err)
		}
		if _, err := db.PasskeyByCredential(t.Context(), passkey.CredentialID, passkey.Handle); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("found: %v", err)
		}
		if _, err := db.OpenPasskeySession(t.Context(), passkey, passkey.Credential, ""); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("signed in: %v", err)
		}
		if entries, err := db.AuditEntries(t.Context(), 1); err != nil || entries[0].Action != "suspend passkey" || entries[0].Subject != "phone" {
			t.Errorf("audit = %+v, %v", entries, err)
		}
	})
}

func TestOnlyItsPersonRemovesAPasskey(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		person, other := db.Person(ada, models.RoleEditor), db.Person(bob, models.RoleChief)
		passkey := addPasskey(t, db, person, "phone")
		if err := db.RemovePasskey(t.Context(), other, passkey.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("somebody else removes it: %v", err)
		}
		if err := db.RemovePasskey(t.Context(), person, passkey.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := db.OpenPasskeySession(t.Context(), passkey, passkey.Credential, ""); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("signed in: %v", err)
		}
	})
}

func TestAResetLinkAndARemovalEndPasskeys(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		reset, removed, other := db.Person(ada, models.RoleEditor), db.Person(bob, models.RoleEditor), db.Person("eve@news.example", models.RoleEditor)
		for _, person := range []models.Person{reset, removed, other} {
			addPasskey(t, db, person, "phone of "+person.Email)
			if _, err := db.AddChallenge(ctx, models.Challenge{Kind: models.ChallengeAddPasskey, PersonID: &person.ID, Data: []byte{}}); err != nil {
				t.Fatal(err)
			}
		}
		_, secret, err := db.InviteToReset(ctx, reset.ID, models.Operator)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ResetPassword(ctx, secret, "a kettle beside the window"); err != nil {
			t.Fatal(err)
		}
		if err := db.RemovePerson(ctx, removed.ID, models.Operator); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[int64]int{reset.ID: 0, removed.ID: 0, other.ID: 1} {
			if passkeys, err := db.Passkeys(ctx, id); err != nil || len(passkeys) != want {
				t.Errorf("person %d has %d passkeys, %v; want %d", id, len(passkeys), err, want)
			}
		}
		if rows := db.Count("challenges"); rows != 1 {
			t.Errorf("%d challenges; want one", rows)
		}
		if err := db.AddPasskey(ctx, models.Passkey{PersonID: removed.ID, Handle: []byte{1}, CredentialID: []byte{1}, Credential: []byte{1}, Name: "x"}); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a removed person adds a passkey: %v", err)
		}
	})
}

func TestAPasskeyHasANameAndAPersonHasAFewOfThem(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		person := db.Person(ada, models.RoleEditor)
		addPasskey(t, db, person, "phone")
		again := models.Passkey{PersonID: person.ID, Handle: []byte(ada), CredentialID: []byte("phone"), Credential: []byte("x"), Name: "phone"}
		if err := db.AddPasskey(t.Context(), again); !errors.Is(err, models.ErrConflict) {
			t.Errorf("the same passkey twice: %v", err)
		}
		again.Name = " "
		if err := db.AddPasskey(t.Context(), again); !isInvalid("passkey")(err) {
			t.Errorf("without a name: %v", err)
		}
		for n := range 19 {
			addPasskey(t, db, person, fmt.Sprint(n))
		}
		again.Name, again.CredentialID = "one more", []byte("one more")
		if err := db.AddPasskey(t.Context(), again); !isInvalid("passkeys")(err) {
			t.Errorf("one more than an account may have: %v", err)
		}
	})
}

func TestAChallengeIsAnsweredOnceWithinMinutes(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		person := db.Person(ada, models.RoleEditor)
		add := func() string {
			secret, err := db.AddChallenge(ctx, models.Challenge{Kind: models.ChallengePasskey, PersonID: &person.ID, Data: []byte("data")})
			if err != nil {
				t.Fatal(err)
			}
			return secret
		}
		first := add()
		if _, err := db.TakeChallenge(ctx, models.ChallengeAddPasskey, first); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("of another kind: %v", err)
		}
		taken, err := db.TakeChallenge(ctx, models.ChallengePasskey, first)
		if err != nil || string(taken.Data) != "data" || taken.PersonID == nil || *taken.PersonID != person.ID {
			t.Errorf("challenge = %+v, %v", taken, err)
		}
		if _, err := db.TakeChallenge(ctx, models.ChallengePasskey, first); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("again: %v", err)
		}
		late := add()
		db.Clock.Advance(models.ChallengeLife)
		if _, err := db.TakeChallenge(ctx, models.ChallengePasskey, late); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("too late: %v", err)
		}
		if add(); db.Count("challenges") != 1 {
			t.Errorf("%d challenges; want the expired one deleted", db.Count("challenges"))
		}
	})
}
