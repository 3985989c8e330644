package models_test

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestOnlyTheRightPasswordSignsIn(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		person := db.Person(ada, models.RoleEditor)
		if found, err := db.PersonByPassword(ctx, " ADA@news.example", modelstest.Password); err != nil || found.ID != person.ID {
			t.Errorf("found = %+v, %v", found, err)
		}
		for email, password := range map[string]string{ada: "wrong", bob: modelstest.Password, "": ""} {
			if found, err := db.PersonByPassword(ctx, email, password); !errors.Is(err, models.ErrUnauthorized) {
				t.Errorf("%s with %s: %+v, %v", email, password, found, err)
			}
		}
		if err := db.RemovePerson(ctx, person.ID, models.Operator); err != nil {
			t.Fatal(err)
		}
		for _, password := range []string{modelstest.Password, ""} {
			if _, err := db.PersonByPassword(ctx, ada, password); !errors.Is(err, models.ErrUnauthorized) {
				t.Errorf("a removed person signs in: %v", err)
			}
		}
		if _, err := db.OpenPersonSession(ctx, person, ""); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("a session of a removed person: %v", err)
		}
		if again := db.Person(ada, models.RoleViewer); again.ID == person.ID || again.Role != models.RoleViewer {
			t.Errorf("somebody who returns = %+v", again)
		}
	})
}

func TestAnUnknownAddressCostsAHashToo(t *testing.T) {
	db := modelstest.Open(t, modelstest.SQLite)
	db.Person(ada, models.RoleEditor)
	for _, email := range []string{ada, bob} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := db.PersonByPassword(t.Context(), email, "wrong"); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("%s: %v", email, err)
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used < 1<<20 { // what Argon2id needs in tests
			t.Errorf("%s: %d bytes; want those of a hash", email, used)
		}
	}
}

func TestANewPasswordEndsTheOtherSessions(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		person := db.Person(ada, models.RoleEditor)
		here, there, others := db.Session(person), db.Session(person), db.Session(db.Person(bob, models.RoleEditor))
		session, err := db.SessionBySecret(ctx, here)
		if err != nil {
			t.Fatal(err)
		}
		const next = "a kettle beside the window"
		if err := db.ChangePassword(ctx, session, "wrong", "short"); !isProblem(err, "current") || !isProblem(err, "password") {
			t.Errorf("problems = %v", err)
		}
		isSignedIn(t, db, there, true)
		if err := db.ChangePassword(ctx, session, modelstest.Password, next); err != nil {
			t.Fatal(err)
		}
		isSignedIn(t, db, here, true)
		isSignedIn(t, db, there, false)
		if _, err := db.OpenPersonSession(ctx, person, ""); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("a sign-in with the old password, checked a moment ago, succeeded: %v", err)
		}

		_, link, err := db.InviteToReset(ctx, person.ID, "test")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.AcceptInvitation(ctx, link, newPerson("Eve")); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a reset link made a person: %v", err)
		}
		if _, err := db.ResetPassword(ctx, link, ada); !isProblem(err, "password") {
			t.Errorf("a weak password: %v", err)
		}
		reset, err := db.ResetPassword(ctx, link, modelstest.Password)
		if err != nil {
			t.Fatal(err)
		}
		isSignedIn(t, db, here, false)
		isSignedIn(t, db, others, true)
		isSignedIn(t, db, db.Session(reset), true)
		if _, err := db.PersonByPassword(ctx, ada, modelstest.Password); err != nil {
			t.Errorf("the new password: %v", err)
		}
		if _, err := db.ResetPassword(ctx, link, next); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a reset link works twice: %v", err)
		}
		if _, err := db.ResetPassword(ctx, invite(t, db, "eve@news.example", models.RoleChief, "test"), next); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("an invitation resets a password: %v", err)
		}
	})
}

func TestRolesAndRemovalTakeEffectAtOnce(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		chief, editor := db.Person(ada, models.RoleChief), db.Person(bob, models.RoleEditor)
		open := db.Session(editor)
		if err := db.ChangeRole(ctx, editor.ID, models.RoleChief, chief.Actor()); err != nil {
			t.Fatal(err)
		}
		if session, err := db.SessionBySecret(ctx, open); err != nil || session.Role() != models.RoleChief {
			t.Errorf("session = %+v, %v; want a chief's", session, err)
		}
		invited := invite(t, db, "eve@news.example", models.RoleChief, editor.Actor())
		_, reset, err := db.InviteToReset(ctx, chief.ID, editor.Actor())
		if err != nil {
			t.Fatal(err)
		}
		if err := db.RemovePerson(ctx, editor.ID, chief.Actor()); err != nil {
			t.Fatal(err)
		}
		isSignedIn(t, db, open, false)
		isEnded(t, db, invited)
		isEnded(t, db, reset)
		if people, err := db.People(ctx); err != nil || len(people) != 1 || people[0].ID != chief.ID {
			t.Errorf("people = %+v, %v", people, err)
		}
		if err := db.ChangeRole(ctx, editor.ID, models.RoleChief, "test"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a removed person gets a role: %v", err)
		}
		entries, err := db.AuditEntries(ctx, 1)
		if err != nil || entries[0].Actor != "person "+ada || entries[0].Action != "remove person" || entries[0].Subject != bob {
			t.Errorf("audit = %+v, %v", entries, err)
		}
	})
}

func TestOneChiefAlwaysRemains(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		one, two := db.Person(ada, models.RoleChief), db.Person(bob, models.RoleChief)
		var together errgroup.Group
		errs := make([]error, 2)
		together.Go(func() error { errs[0] = db.RemovePerson(ctx, two.ID, one.Actor()); return nil })
		together.Go(func() error { errs[1] = db.ChangeRole(ctx, one.ID, models.RoleViewer, two.Actor()); return nil })
		if _ = together.Wait(); (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("errors = %v; want one chief left", errs)
		}
		if err := errors.Join(errs...); !errors.Is(err, models.ErrLastChief) || !errors.Is(err, models.ErrConflict) {
			t.Errorf("error = %v", err)
		}
		people, err := db.People(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, person := range people {
			if err := db.RemovePerson(ctx, person.ID, models.Operator); err != nil {
				t.Errorf("the operator cannot remove %s: %v", person.Email, err)
			}
		}
		if there, err := db.HasPeople(ctx); err != nil || there {
			t.Errorf("people are left: %v", err)
		}
	})
}

func TestAPersonChangesTheirName(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		person := db.Person(ada, models.RoleViewer)
		if err := db.ChangeName(t.Context(), person, " \u200b "); !isProblem(err, "name") {
			t.Errorf("a blank name: %v", err)
		}
		if err := db.ChangeName(t.Context(), person, " Ada Lovelace "); err != nil {
			t.Fatal(err)
		}
		if found, err := db.Store.Person(t.Context(), person.ID); err != nil || found.Name != "Ada Lovelace" {
			t.Errorf("person = %+v, %v", found, err)
		}
	})
}

func TestOfTwoPasswordChangesAtTheSameTimeOneCounts(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		session, err := db.SessionBySecret(ctx, db.Session(db.Person(ada, models.RoleEditor)))
		isDone(t, err)
		next := []string{"a kettle beside the window", "a bicycle in the corridor"}
		errs := make([]error, len(next))
		var together sync.WaitGroup
		for i, password := range next {
			together.Go(func() { errs[i] = db.ChangePassword(ctx, session, modelstest.Password, password) })
		}
		together.Wait()
		wins := slices.Index(errs, nil)
		if wins < 0 || !isProblem(errs[1-wins], "current") {
			t.Fatalf("errors = %v; want one, of the current password", errs)
		}
		_, err = db.PersonByPassword(ctx, ada, next[wins])
		isDone(t, err)
	})
}
