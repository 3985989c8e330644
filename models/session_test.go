package models_test

import (
	"errors"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// isSignedIn checks whether a session is open.
func isSignedIn(t *testing.T, db *modelstest.DB, secret string, want bool) {
	t.Helper()
	_, err := db.SessionBySecret(t.Context(), secret)
	if (err == nil) != want || err != nil && !errors.Is(err, models.ErrUnauthorized) {
		t.Errorf("signed in: %v; want %v", err, want)
	}
}

func TestAPersonListsAndEndsTheirSessions(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		person, other := db.Person(ada, models.RoleEditor), db.Person(bob, models.RoleEditor)
		first, second, others := db.Session(person), db.Session(person), db.Session(other)
		db.Clock.Advance(5 * time.Minute)
		session, err := db.SessionBySecret(ctx, first)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.UseSession(ctx, session); err != nil {
			t.Fatal(err)
		}
		sessions, err := db.Sessions(ctx, person.ID)
		if err != nil || len(sessions) != 2 || sessions[0].ID != session.ID {
			t.Fatalf("sessions = %+v, %v; want the one in use first", sessions, err)
		}
		modelstest.Check(t, "the session in use", modelstest.Facts{
			"browser": {sessions[0].Browser, "Firefox on Linux"}, "last use": {sessions[0].LastUsedAt, db.Now()},
			"begin": {sessions[0].CreatedAt, modelstest.Start}, "last use of the other": {sessions[1].LastUsedAt, modelstest.Start},
		})
		if err := db.EndSession(ctx, other, session.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("somebody else ends a session: %v", err)
		}
		if err := db.EndSession(ctx, person, sessions[1].ID); err != nil {
			t.Fatal(err)
		}
		isSignedIn(t, db, first, true)
		isSignedIn(t, db, second, false)
		third := db.Session(person)
		if err := db.SignOutEverywhere(ctx, person); err != nil {
			t.Fatal(err)
		}
		isSignedIn(t, db, first, false)
		isSignedIn(t, db, third, false)
		isSignedIn(t, db, others, true)
		for range 2 { // once more is no error
			if err := db.SignOut(ctx, others); err != nil {
				t.Fatal(err)
			}
		}
		isSignedIn(t, db, others, false)
	})
}

func TestASessionLastsAWorkingDay(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		person := db.Person(ada, models.RoleEditor)
		secret := db.Session(person)
		db.Clock.Advance(models.SessionLife - time.Second)
		isSignedIn(t, db, secret, true)
		db.Clock.Advance(time.Second)
		isSignedIn(t, db, secret, false)
		if sessions, err := db.Sessions(t.Context(), person.ID); err != nil || len(sessions) != 0 {
			t.Errorf("sessions = %+v, %v", sessions, err)
		}
		db.Session(person)
		if rows := db.Count("sessions"); rows != 1 {
			t.Errorf("%d rows; want the expired one deleted", rows)
		}
	})
}

func TestTokensSignInOnlyWhileThereAreNoPeople(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		token, _, err := db.CreateToken(ctx, models.NewToken{Name: "desk", Scopes: models.Scopes})
		if err != nil {
			t.Fatal(err)
		}
		secret, err := db.OpenTokenSession(ctx, token, "")
		if err != nil {
			t.Fatal(err)
		}
		if session, err := db.SessionBySecret(ctx, secret); err != nil || session.Role() != models.RoleEditor || session.Actor() != "token desk" {
			t.Errorf("session = %+v, %v", session, err)
		}
		person := db.Person(ada, models.RoleChief)
		isSignedIn(t, db, secret, false)
		if _, err := db.OpenTokenSession(ctx, token, ""); !errors.Is(err, models.ErrConflict) {
			t.Errorf("a token signs in beside people: %v", err)
		}
		if err := db.RemovePerson(ctx, person.ID, models.Operator); err != nil {
			t.Fatal(err)
		}
		isSignedIn(t, db, secret, true)
		if err := db.RevokeToken(ctx, "desk", models.Operator); err != nil {
			t.Fatal(err)
		}
		isSignedIn(t, db, secret, false)
	})
}
