package models_test

import (
	"errors"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

const undoWindow = 10 * time.Second

// publishHeld publishes a draft with an undo window.
func publishHeld(t *testing.T, db *modelstest.DB, d models.Draft) models.Publication {
	t.Helper()
	window := undoWindow
	d.Outage, d.UndoWindow = "messages-down", &window
	if d.Kind == "" {
		d.Kind = models.OrdinaryUpdate
	}
	if d.Alert == "" {
		d.Alert = models.AlertAll
	}
	published, err := db.Publish(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return published
}

// endWindows ends all undo windows and returns the updates that became visible.
func endWindows(t *testing.T, db *modelstest.DB) (ids []int64) {
	t.Helper()
	db.Clock.Advance(undoWindow)
	visible, err := db.EndUndoWindows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, alert := range visible {
		ids = append(ids, alert.UpdateID)
	}
	return ids
}

// wantVisible checks the updates that readers see, the newest first, everywhere.
func wantVisible(t *testing.T, db *modelstest.DB, outage models.Outage, headlines ...string) []models.Update {
	t.Helper()
	updates, err := db.Updates(t.Context(), outage)
	if err != nil {
		t.Fatal(err)
	}
	latest, err := db.LatestUpdates(t.Context(), outage, 100)
	if err != nil {
		t.Fatal(err)
	}
	after, err := db.UpdatesAfter(t.Context(), outage, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	app, err := db.Store.App(t.Context(), "messenger")
	if err != nil {
		t.Fatal(err)
	}
	ofApp, err := db.UpdatesOfApp(t.Context(), app, 100)
	if err != nil {
		t.Fatal(err)
	}
	n := len(headlines)
	if len(updates) != n || len(latest) != n || len(after) != n || len(ofApp) != n {
		t.Fatalf("%d updates, %d latest, %d after, %d of the app; want %d", len(updates), len(latest), len(after), len(ofApp), n)
	}
	for i, want := range headlines {
		if updates[i].Headline != want || latest[n-1-i].Headline != want || after[n-1-i].Headline != want {
			t.Errorf("update %d is %q, latest %q, after %q; want %q", i, updates[i].Headline, latest[n-1-i].Headline, after[n-1-i].Headline, want)
		}
	}
	return updates
}

func TestAnUpdateIsHiddenUntilItsUndoWindowEnds(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		outage := db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		published := publishHeld(t, db, models.Draft{
			Kind: models.Resolution, Headline: "Back", Apps: []string{"messenger"},
		})
		wantVisible(t, db, outage)
		check := func(state models.OutageState, app models.AppState) {
			t.Helper()
			now, err := db.Store.Outage(ctx, "messages-down")
			if err != nil {
				t.Fatal(err)
			}
			modelstest.Check(t, "the outage", modelstest.Facts{"state": {now.State, state}, "app": {now.Apps[0].State, app}})
		}
		check(models.Ongoing, models.Failing)
		if ids, err := db.EndUndoWindows(ctx); err != nil || len(ids) != 0 {
			t.Errorf("windows ended early: %v, %v", ids, err)
		}
		again, err := db.Publish(ctx, models.Draft{Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertNone, Headline: "More"})
		if !errors.Is(err, models.ErrConflict) {
			t.Errorf("an update after the resolution: %+v, %v; want a conflict", again, err)
		}
		if ids := endWindows(t, db); len(ids) != 1 || ids[0] != published.Update.ID {
			t.Errorf("became visible: %v; want update %d", ids, published.Update.ID)
		}
		if ids := endWindows(t, db); len(ids) != 0 {
			t.Errorf("became visible again: %v", ids)
		}
		updates := wantVisible(t, db, outage, "Back")
		check(models.Resolved, models.Up)
		modelstest.Check(t, "the update", modelstest.Facts{
			"published at": {updates[0].PublishedAt, modelstest.Start.Add(undoWindow)},
			"sets up":      {*updates[0].Apps[0].State, models.Up},
		})
		db.PlanAll(published.Alert.ID)
		if delivered := deliverAll(t, db); len(delivered) != 1 {
			t.Errorf("delivered to %v; want one reader", delivered)
		}
	})
}

func TestAnyWorkerEndsAnUndoWindowWithItsPlan(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		outage := db.Outage("messages-down", "messenger")
		published := publishHeld(t, db, models.Draft{Headline: "News", Apps: []string{"messenger"}})
		db.Clock.Advance(undoWindow)
		db.PlanAll(published.Alert.ID)
		wantVisible(t, db, outage, "News")
	})
}

func TestUndoReturnsTheTextToTheDraftAndLeavesNoTrace(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		outage := db.Outage("messages-down", "messenger")
		writer := signedIn(t, db, ada)
		draft := models.Draft{
			Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertAll, Headline: "Back", Apps: []string{"messenger"},
			States: map[string]models.AppState{"messenger": models.Up}, RequestKey: "press",
		}
		saved, err := db.SaveDraft(ctx, writer, draft, models.DraftVersion{})
		if err != nil {
			t.Fatal(err)
		}
		draft.From = &models.DraftSource{Session: writer, Known: saved.At()}
		published := publishHeld(t, db, draft)
		if _, err := db.SavedDraft(ctx, writer, outage); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the draft after sending: %v; want none", err)
		}
		if err := db.StopAlert(ctx, published.Alert.ID, "person "+bob); err != nil {
			t.Fatal(err)
		}
		if ids := endWindows(t, db); len(ids) != 0 {
			t.Errorf("became visible: %v", ids)
		}
		wantVisible(t, db, outage)
		now, err := db.Store.Outage(ctx, "messages-down")
		if err != nil || now.State != models.Ongoing || now.Apps[0].State != models.Failing {
			t.Errorf("outage = %+v, %v; want it as it was", now, err)
		}
		back, err := db.SavedDraft(ctx, writer, outage)
		if err != nil || back.Content.Headline != "Back" || back.Content.States["messenger"] != models.Up {
			t.Errorf("the draft is %+v, %v; want the text", back, err)
		}
		entries, err := db.AuditEntries(ctx, 1)
		if err != nil || entries[0].Action != "undo resolution" || entries[0].Actor != "person "+bob {
			t.Errorf("audit = %+v, %v", entries, err)
		}
		draft.From, draft.RequestKey = &models.DraftSource{Session: writer, Known: back.At()}, "press again"
		publishHeld(t, db, draft) // the same words, which nobody has seen
		endWindows(t, db)
		wantVisible(t, db, outage, "Back")
	})
}

func TestUndoNeverReplacesWhatWasWrittenSince(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		outage := db.Outage("messages-down", "messenger")
		writer := signedIn(t, db, ada)
		published := publishHeld(t, db, models.Draft{Headline: "First", From: &models.DraftSource{Session: writer}})
		if _, err := db.SaveDraft(ctx, writer, models.Draft{Outage: "messages-down", Headline: "Second"}, models.DraftVersion{}); err != nil {
			t.Fatal(err)
		}
		if err := db.StopAlert(ctx, published.Alert.ID, "test"); err != nil {
			t.Fatal(err)
		}
		if saved, err := db.SavedDraft(ctx, writer, outage); err != nil || saved.Content.Headline != "Second" {
			t.Errorf("the draft is %+v, %v; want the newer text", saved, err)
		}
		undone, err := db.HiddenUpdates(ctx, outage)
		if err != nil || len(undone) != 1 || undone[0].Headline != "First" {
			t.Errorf("hidden: %+v, %v; want the text that was undone", undone, err)
		}
	})
}

func TestAnUpdateThatBecomesVisibleLateIsTheNewestAndSuperseded(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		outage := db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		late := publishHeld(t, db, models.Draft{Headline: "Late", Apps: []string{"messenger"}})
		early := db.PublishNow(models.Draft{Outage: "messages-down", Headline: "Early", Apps: []string{"messenger"}})
		seen := *early.Update.Position
		if alert, err := db.Alert(t.Context(), late.Alert.ID); err != nil || alert.State != models.Holding {
			t.Errorf("alert = %+v, %v; want it in its undo window", alert, err)
		}
		endWindows(t, db)
		wantVisible(t, db, outage, "Late", "Early")
		missed, err := db.UpdatesAfter(t.Context(), outage, seen, 10)
		if err != nil || len(missed) != 1 || missed[0].Headline != "Late" {
			t.Errorf("a page that has seen the early one gets %+v, %v; want the late one", missed, err)
		}
		if alert, err := db.Alert(t.Context(), late.Alert.ID); err != nil || alert.State != models.Superseded || alert.FinishedAt == nil {
			t.Errorf("alert = %+v, %v; want it superseded", alert, err)
		}
	})
}

func TestAnUpdateOfAnOlderReleaseBecomesVisible(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		outage := db.Outage("messages-down", "messenger")
		db.PublishDraft(models.Draft{Outage: "messages-down", Headline: "News", Alert: models.AlertNone, Apps: []string{"messenger"}})
		db.Exec("UPDATE updates SET position = NULL")
		wantVisible(t, db, outage)
		endWindows(t, db)
		wantVisible(t, db, outage, "News")
	})
}

func TestMigratingDownDeletesOnlyWhatWasUndone(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		db.PublishDraft(models.Draft{Outage: "messages-down", Headline: "Seen", Apps: []string{"messenger"}})
		undone := publishHeld(t, db, models.Draft{Headline: "Undone", Apps: []string{"messenger"}})
		if err := db.StopAlert(t.Context(), undone.Alert.ID, "test"); err != nil {
			t.Fatal(err)
		}
		if err := db.MigrateDown(t.Context(), 16); err != nil {
			t.Fatal(err)
		}
		if updates, alerts := db.Count("updates"), db.Count("alerts"); updates != 1 || alerts != 1 {
			t.Errorf("%d updates, %d alerts; want the one that readers saw", updates, alerts)
		}
		store := again(t, db)
		if _, err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		outage, err := store.Outage(t.Context(), "messages-down")
		if err != nil {
			t.Fatal(err)
		}
		if updates, err := store.Updates(t.Context(), outage); err != nil || len(updates) != 1 || updates[0].Headline != "Seen" {
			t.Errorf("updates = %+v, %v; want the one that readers saw", updates, err)
		}
	})
}
