package models_test

import (
	"errors"
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestADraftGoesToTheBrowsersThatItsWriterHasLinkedAlone(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		editor, other := db.Person(ada, models.RoleEditor), db.Person(bob, models.RoleEditor)
		db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		own, secret := db.ReaderWithSecret(db.Browser())
		_, others := db.ReaderWithSecret(db.Browser())
		link := func(person models.Person, secret string) models.LinkedBrowser {
			t.Helper()
			linked, err := db.LinkBrowser(ctx, person, secret, "Firefox on Linux")
			if err != nil {
				t.Fatal(err)
			}
			return linked
		}
		send := func(want int) {
			t.Helper()
			if linked, err := db.CreateDraftNotices(ctx, editor, models.Notification{Title: "News"}); err != nil || len(linked) != want {
				t.Errorf("sent to %+v, %v; want %d", linked, err, want)
			}
		}
		waiting := func() int64 { return db.Count("notices") }
		if _, err := db.LinkBrowser(ctx, editor, "unknown", "Firefox"); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("an unknown secret: %v", err)
		}
		send(0)
		link(other, others)
		link(editor, secret)
		linked := link(editor, secret) // again
		send(1)
		claimed, err := db.ClaimNotices(ctx, 10)
		if err != nil || len(claimed) != 1 || claimed[0].SubscriptionID != own.ID || claimed[0].Kind != models.DraftNotice {
			t.Fatalf("claimed %+v, %v; want the editor's browser alone", claimed, err)
		}
		if _, err := db.CreateNotice(ctx, own, models.DraftNotice); !isInvalid("kind")(err) {
			t.Errorf("a reader's request for a draft: %v", err)
		}
		if err := db.UnlinkBrowser(ctx, other, linked.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("unlinked by somebody else: %v", err)
		}
		send(1)
		if err := db.UnlinkBrowser(ctx, editor, linked.ID); err != nil {
			t.Fatal(err)
		}
		if send(0); waiting() != 0 {
			t.Errorf("%d notices; want none to a browser that is not linked", waiting())
		}
		link(editor, secret)
		link(other, secret) // the browser changes hands
		send(0)
		link(editor, secret)
		send(1)
		if err := db.RemovePerson(ctx, editor.ID, models.Operator); err != nil {
			t.Fatal(err)
		}
		if n := db.Count("linked_browsers"); n != 1 || waiting() != 0 {
			t.Errorf("%d browsers, %d notices; want the removal to end both", n, waiting())
		}
		if _, err := db.CreateDraftNotices(ctx, editor, models.Notification{Title: "News"}); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("sent by a removed person: %v", err)
		}
		if _, err := db.LinkBrowser(ctx, editor, secret, "Firefox"); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("linked by a removed person: %v", err)
		}
	})
}

// Migration 21 makes the table of linked browsers, and lets notices carry drafts.
func TestNoticesStayWhenLinkedBrowsersComeAndGo(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		editor := db.Person(ada, models.RoleEditor)
		reader, secret := db.ReaderWithSecret(db.Browser())
		made := notify(t, db, reader, models.TestNotice)
		if _, err := db.LinkBrowser(ctx, editor, secret, "Firefox"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.CreateDraftNotices(ctx, editor, models.Notification{Title: "News"}); err != nil {
			t.Fatal(err)
		}
		if err := db.MigrateDown(ctx, 20); err != nil {
			t.Fatal(err)
		}
		if n := db.Count("notices"); n != 1 {
			t.Errorf("%d notices; want the test alone", n)
		}
		store := again(t, db)
		if _, err := store.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if found, err := store.Notice(ctx, reader, made.ID); err != nil || found.Kind != models.TestNotice || found.Content != "" {
			t.Errorf("notice = %+v, %v; want as before", found, err)
		}
	})
}
