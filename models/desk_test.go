package models_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestTheDeskKnowsFollowersAndTheLastAlert(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger", "instagram")
		db.Outage("feeds-down", "threads")
		db.VAPIDKey()
		db.Reader("outage/messages-down:all")
		db.Reader("outage/messages-down:key", "app/messenger:all")
		db.PublishDraft(models.Draft{Outage: "messages-down"})
		db.Clock.Advance(time.Second)
		last := db.PublishDraft(models.Draft{Outage: "messages-down"}).Alert
		desk, err := db.Desk(t.Context(), models.OrdinaryOutage, 10)
		if err != nil || len(desk) != 2 {
			t.Fatalf("desk = %+v, %v", desk, err)
		}
		at := func(slug string) models.DeskOutage {
			return desk[slices.IndexFunc(desk, func(o models.DeskOutage) bool { return o.Slug == slug })]
		}
		if o := at("messages-down"); o.Followers != 2 || o.LastAlertAt == nil || !o.LastAlertAt.Equal(last.CreatedAt) || len(o.Apps) != 2 {
			t.Errorf("messages-down = %+v", o)
		}
		if o := at("feeds-down"); o.Followers != 0 || o.LastAlertAt != nil || o.Reached != 0 {
			t.Errorf("feeds-down = %+v", o)
		}
	})
}

func TestAnOutageIsEditedAndMovesOnlyWhileNobodyKnowsItsAddress(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.VAPIDKey()
		known := db.Outage("messages-down", "messenger", "instagram").Edition()
		feeds := db.Outage("feeds-down", "threads")
		edit := models.OutageEdit{Known: known, Slug: "chats-down", Headline: " Chats are down ", Apps: []string{"instagram"}, Actor: "person " + ada}
		outage, err := db.EditOutage(ctx, "messages-down", edit)
		if err != nil || outage.Headline != "Chats are down" {
			t.Fatalf("outage = %+v, %v", outage, err)
		}
		if found, err := db.Store.Outage(ctx, "chats-down"); err != nil || len(found.Apps) != 1 || found.Apps[0].Slug != "instagram" || found.Apps[0].State != models.Failing {
			t.Errorf("found = %+v, %v", found, err)
		}
		if _, err := db.Store.Outage(ctx, "messages-down"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the old address: %v", err)
		}
		edit.Slug, edit.Known = "feeds-down", outage.Edition()
		if _, err := db.EditOutage(ctx, "chats-down", edit); !errors.Is(err, models.ErrConflict) {
			t.Errorf("an address that is taken: %v", err)
		}
		db.Reader("outage/chats-down:all") // the topic has moved too
		edit.Slug = "messages-down"
		if _, err := db.EditOutage(ctx, "chats-down", edit); !isInvalid("slug")(err) {
			t.Errorf("moved in spite of a follower: %v", err)
		}
		edit.Slug, edit.Apps = "chats-down", nil
		if _, err := db.EditOutage(ctx, "chats-down", edit); !isInvalid("apps")(err) {
			t.Errorf("without an app: %v", err)
		}
		edit.Apps = []string{"messenger"}
		if _, err := db.EditOutage(ctx, "chats-down", edit); err != nil {
			t.Errorf("with the same address: %v", err)
		}
		db.PublishDraft(models.Draft{Outage: "feeds-down", Alert: models.AlertNone})
		edit.Slug, edit.Known = "posts-down", feeds.Edition()
		if _, err := db.EditOutage(ctx, "feeds-down", edit); !isInvalid("slug")(err) {
			t.Errorf("moved in spite of an update: %v", err)
		}
	})
}

func TestAnAppIsRenamedAndSetWithoutAnUpdate(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		before := db.App("messenger")
		db.Clock.Advance(time.Minute)
		app, err := db.EditApp(ctx, "messenger", models.AppEdit{Name: "Facebook Messenger", State: models.Up, Actor: "person " + ada})
		if err != nil || app.Name != "Facebook Messenger" || !app.StateChangedAt.Equal(before.StateChangedAt) {
			t.Errorf("renamed: %+v, %v", app, err)
		}
		app, err = db.EditApp(ctx, "messenger", models.AppEdit{Name: app.Name, State: models.Failing, Actor: "person " + ada})
		if err != nil || app.State != models.Failing || !app.StateChangedAt.Equal(db.Now()) {
			t.Errorf("set: %+v, %v", app, err)
		}
		if entries, err := db.AuditEntries(ctx, 2); err != nil || entries[0].Action != "set app failing" || entries[1].Action != "rename app" {
			t.Errorf("audit = %+v, %v", entries, err)
		}
		written := db.Count("audit_entries")
		app, err = db.EditApp(ctx, "messenger", models.AppEdit{Name: app.Name, Actor: "person " + ada})
		if err != nil || app.State != models.Failing {
			t.Errorf("without a state: %+v, %v", app, err)
		}
		if rows := db.Count("audit_entries"); rows != written {
			t.Errorf("%d audit entries for no change", rows-written)
		}
		for slug, wrong := range map[string]models.AppEdit{"messenger": {Name: " ", State: models.Up}, "messenger\x00": {Name: "x", State: "broken"}} {
			if _, err := db.EditApp(ctx, slug, wrong); err == nil {
				t.Errorf("%q is changed to %+v", slug, wrong)
			}
		}
		if _, err := db.EditApp(ctx, "nowhere", models.AppEdit{Name: "x", State: models.Up}); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("an app that does not exist: %v", err)
		}
	})
}

func TestAnEditNeverReplacesANewerOneUnseen(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		read := db.Outage("messages-down", "messenger", "instagram")
		edit := func(known, headline string) (models.Outage, error) {
			return db.EditOutage(t.Context(), "messages-down", models.OutageEdit{
				Known: known, Slug: "messages-down", Headline: headline, Apps: []string{"messenger"}, Actor: "test",
			})
		}
		first, err := edit(read.Edition(), "First")
		if err != nil {
			t.Fatal(err)
		}
		entries := db.Count("audit_entries")
		_, err = edit(read.Edition(), "Second")
		changed, ok := errors.AsType[*models.OutageChangedError](err)
		if !ok || !errors.Is(err, models.ErrConflict) || changed.Current.Headline != "First" || len(changed.Current.Apps) != 1 {
			t.Errorf("an edit over a newer one: %v", err)
		}
		if again, err := edit(read.Edition(), " First"); err != nil || again.Edition() != first.Edition() {
			t.Errorf("the same edit again, after a lost answer: %+v, %v", again, err)
		}
		if now := db.Count("audit_entries"); now != entries {
			t.Errorf("%d audit entries of edits that changed nothing", now-entries)
		}
		moved := models.OutageEdit{Known: first.Edition(), Slug: "chats-down", Headline: "Moved", Apps: []string{"messenger"}, Actor: "test"}
		if _, err := db.EditOutage(t.Context(), "messages-down", moved); err != nil {
			t.Fatal(err)
		}
		late := models.OutageEdit{ID: read.ID, Known: first.Edition(), Slug: "messages-down", Headline: "Late", Apps: []string{"messenger"}, Actor: "test"}
		_, err = db.EditOutage(t.Context(), "messages-down", late)
		if changed, ok = errors.AsType[*models.OutageChangedError](err); !ok || changed.Current.Slug != "chats-down" {
			t.Fatalf("an edit of an outage that has another address now: %v", err)
		}
		moved = models.OutageEdit{Known: changed.Current.Edition(), Slug: "messages-down", Headline: "Moved back", Apps: []string{"messenger"}, Actor: "test"}
		back, err := db.EditOutage(t.Context(), "chats-down", moved)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := edit(back.Edition(), "Second"); err != nil || second.Headline != "Second" {
			t.Errorf("an edit of what was seen: %+v, %v", second, err)
		}
	})
}
