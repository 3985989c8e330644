package models_test

import (
	"errors"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// signedIn returns the session of a new person.
func signedIn(t *testing.T, db *modelstest.DB, email string) models.Session {
	t.Helper()
	session, err := db.SessionBySecret(t.Context(), db.Session(db.Person(email, models.RoleEditor)))
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// isChanged reports whether an error says that a draft was changed elsewhere, to a headline.
func isChanged(err error, headline string) bool {
	changed, ok := errors.AsType[*models.DraftChangedError](err)
	return ok && errors.Is(err, models.ErrConflict) && changed.Saved.Content.Headline == headline
}

func TestADraftIsNeverOverwrittenUnseen(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		session := signedIn(t, db, ada)
		draft := models.Draft{Outage: "messages-down", Headline: "Messages\x00 fail", Apps: []string{"messenger"}, States: map[string]models.AppState{"messenger": "wobbly"}}
		first, err := db.SaveDraft(ctx, session, draft, models.DraftVersion{})
		if err != nil || first.Version != 1 {
			t.Fatalf("saved = %+v, %v", first, err)
		}
		if again, err := db.SaveDraft(ctx, session, draft, models.DraftVersion{}); err != nil || again.At() != first.At() {
			t.Errorf("the same text again, after a lost answer: %+v, %v", again, err)
		}
		onPhone := draft
		onPhone.Headline = "On the phone"
		if _, err := db.SaveDraft(ctx, session, onPhone, models.DraftVersion{}); !isChanged(err, draft.Headline) {
			t.Errorf("saved over an unknown draft: %v", err)
		}
		if _, err := db.SaveDraft(ctx, session, onPhone, first.At()); err != nil {
			t.Fatal(err)
		}
		draft.Headline = "On the laptop"
		if _, err := db.SaveDraft(ctx, session, draft, first.At()); !isChanged(err, "On the phone") {
			t.Errorf("saved over a newer version: %v", err)
		}
		outage, err := db.Store.Outage(ctx, "messages-down")
		if err != nil {
			t.Fatal(err)
		}
		kept, err := db.SavedDraft(ctx, session, outage)
		if err != nil || kept.Content.Headline != "On the phone" || kept.Version != 2 || kept.Content.States["messenger"] != "wobbly" {
			t.Errorf("kept = %+v, %v", kept, err)
		}
		if _, err := db.SavedDraft(ctx, signedIn(t, db, bob), outage); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the draft of somebody else: %v", err)
		}
		blank, err := db.SaveDraft(ctx, session, models.Draft{Outage: "messages-down", Headline: " "}, kept.At())
		if err != nil || blank.ID != 0 || db.Count("drafts") != 0 {
			t.Errorf("emptied: %+v, %v", blank, err)
		}
		if _, err := db.SaveDraft(ctx, session, draft, kept.At()); !isChanged(err, "") {
			t.Errorf("saved over a draft that was emptied elsewhere: %v", err)
		}
	})
}

func TestADraftBecomesAnUpdateOnce(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.VAPIDKey()
		db.Outage("messages-down", "messenger")
		session := signedIn(t, db, ada)
		draft := models.Draft{Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: "Messages fail"}
		saved, err := db.SaveDraft(ctx, session, draft, models.DraftVersion{})
		if err != nil {
			t.Fatal(err)
		}
		stale := draft
		stale.Headline, stale.From = "Another text", &models.DraftSource{Session: session}
		if _, err := db.Publish(ctx, stale); !isChanged(err, "Messages fail") || db.Count("updates") != 0 || db.Count("alerts") != 0 {
			t.Errorf("published beside a newer draft: %v", err)
		}
		draft.From = &models.DraftSource{Session: session, Known: saved.At()}
		if _, err := db.Publish(ctx, draft); err != nil || db.Count("drafts") != 0 || db.Count("alerts") != 1 {
			t.Errorf("published: %v, %d drafts", err, db.Count("drafts"))
		}
		if _, err := db.Publish(ctx, draft); !isChanged(err, "") || db.Count("alerts") != 1 {
			t.Errorf("published again: %v, %d alerts", err, db.Count("alerts"))
		}
	})
}

func TestWritersAreThoseWhoHaveSavedLately(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		outage := db.Outage("messages-down", "messenger")
		me, other, removed := signedIn(t, db, ada), signedIn(t, db, bob), signedIn(t, db, "eve@news.example")
		for _, session := range []models.Session{me, other, removed} {
			if _, err := db.SaveDraft(ctx, session, models.Draft{Outage: "messages-down", Headline: "x"}, models.DraftVersion{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.RemovePerson(ctx, removed.Person.ID, models.Operator); err != nil {
			t.Fatal(err)
		}
		writers, err := db.Writers(ctx, me, outage)
		if err != nil || len(writers) != 1 || writers[0].Writer() != other.Name() || *writers[0].PersonID != *other.PersonID {
			t.Errorf("writers = %+v, %v; want the other one", writers, err)
		}
		db.Clock.Advance(11 * time.Minute)
		if writers, err := db.Writers(ctx, me, outage); err != nil || len(writers) != 0 {
			t.Errorf("after a while: %+v, %v", writers, err)
		}
	})
}

// Migration 15 makes the table of drafts.
func TestDraftsComeAndGoWithTheirMigration(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		draft := models.Draft{Outage: "messages-down", Headline: "x"}
		session := signedIn(t, db, ada)
		if _, err := db.SaveDraft(ctx, session, draft, models.DraftVersion{}); err != nil {
			t.Fatal(err)
		}
		if err := db.MigrateDown(ctx, 14); err != nil {
			t.Fatal(err)
		}
		if err := db.TryExec("SELECT id FROM drafts"); err == nil {
			t.Error("drafts are still there")
		}
		store := again(t, db)
		if _, err := store.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := store.SaveDraft(ctx, session, draft, models.DraftVersion{}); err != nil {
			t.Errorf("a draft cannot be saved: %v", err)
		}
	})
}
