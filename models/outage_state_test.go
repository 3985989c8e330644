package models_test

import (
	"errors"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// state fails the test unless an outage and the app "messenger" are in these states.
func state(t *testing.T, db *modelstest.DB, slug string, want models.OutageState, app models.AppState) models.Outage {
	t.Helper()
	outage, err := db.OutageOrDrill(t.Context(), slug)
	if err != nil || outage.State != want || (outage.ResolvedAt != nil) != (want == models.Resolved) {
		t.Errorf("outage = %+v, %v; want it %s", outage, err, want)
	}
	if messenger, err := db.Store.App(t.Context(), "messenger"); err != nil || messenger.State != app {
		t.Errorf("messenger = %+v, %v; want it %s", messenger, err, app)
	}
	return outage
}

func TestAnOutageIsClosedWithoutAnUpdateAndOpenedAgain(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		if _, err := db.CreateOutage(ctx, models.NewOutage{Slug: "calls-down", Headline: "Calls are down", Apps: []string{"messenger"}, Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		db.Reader("outage/messages-down:all")
		toClose := func(slug string, kind models.OutageKind) error { return db.CloseOutage(ctx, slug, kind, "test") }
		reopen := func(slug string) error { return db.ReopenOutage(ctx, slug, models.OrdinaryOutage, "test") }
		for range 2 { // it is closed already
			if err := toClose("messages-down", models.OrdinaryOutage); err != nil {
				t.Fatal(err)
			}
		}
		state(t, db, "messages-down", models.Resolved, models.Failing) // the other outage concerns it too
		if err := toClose("calls-down", models.OrdinaryOutage); err != nil {
			t.Fatal(err)
		}
		state(t, db, "calls-down", models.Resolved, models.Up)
		for range 2 {
			if err := reopen("messages-down"); err != nil {
				t.Fatal(err)
			}
		}
		state(t, db, "messages-down", models.Ongoing, models.Up)
		if db.Count("alerts") != 0 || db.Count("updates") != 0 || db.Count("audit_entries WHERE action LIKE '%close outage' OR action LIKE '%reopen outage'") != 3 {
			t.Error("closing and opening alerts somebody, or is not in the audit log once each")
		}
		if err := toClose("messages-down", models.OrdinaryOutage); err != nil {
			t.Fatal(err)
		}
		db.Clock.Advance(25 * time.Hour)
		ends(t, db, 1)
		if err := reopen("messages-down"); err != nil {
			t.Fatal(err)
		}
		if outage := state(t, db, "messages-down", models.Ongoing, models.Up); outage.FollowsEndedAt != nil {
			t.Error("its follows have ended")
		}
		db.Reader("outage/messages-down:all") // it can be followed again
		db.PublishDraft(models.Draft{Outage: "messages-down"})

		if err := toClose("messages-down", models.Drill); !errors.Is(err, models.ErrOtherKind) {
			t.Errorf("closed as a drill: %v", err)
		}
		db.Exec("UPDATE apps SET state = 'failing'")
		db.Drill("practice", "messenger")
		if err := toClose("practice", models.Drill); err != nil {
			t.Fatal(err)
		}
		state(t, db, "practice", models.Resolved, models.Failing)
	})
}

func TestAnOutageIsNotClosedOrOpenedAgainAroundAResolution(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		window := time.Minute
		published, err := db.Publish(ctx, models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertAll, Headline: "Back", UndoWindow: &window})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.CloseOutage(ctx, "messages-down", models.OrdinaryOutage, "test"); !errors.Is(err, models.ErrConflict) {
			t.Errorf("closed before its resolution: %v", err)
		}
		db.Clock.Advance(window)
		if _, err := db.EndUndoWindows(ctx); err != nil {
			t.Fatal(err)
		}
		if err := db.ReopenOutage(ctx, "messages-down", models.OrdinaryOutage, "test"); !errors.Is(err, models.ErrConflict) {
			t.Errorf("opened again while readers are told that it is over: %v", err)
		}
		state(t, db, "messages-down", models.Resolved, models.Up)
		if err := db.StopAlert(ctx, published.Alert.ID, "test"); err != nil {
			t.Fatal(err)
		}
		if err := db.ReopenOutage(ctx, "messages-down", models.OrdinaryOutage, "test"); err != nil {
			t.Fatal(err)
		}
		state(t, db, "messages-down", models.Ongoing, models.Up)
		if _, err := db.Publish(ctx, models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertNone, Headline: "Back again"}); err != nil {
			t.Errorf("a second resolution: %v", err)
		}
	})
}

// A reader slept through the resolution; in the morning the outage is ongoing again.
func TestACatchUpSaysNothingOfAResolutionThatDidNotLast(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		quietReader(t, db, "outage/messages-down:all")
		first := sendAll(t, db, models.Draft{Outage: "messages-down", Headline: "They fail"})
		sendAll(t, db, models.Draft{Outage: "messages-down", Headline: "They are back", Kind: models.Resolution})
		if db.Count("catch_ups") != 1 {
			t.Fatal("nothing was deferred")
		}
		if err := db.ReopenOutage(ctx, "messages-down", models.OrdinaryOutage, "test"); err != nil {
			t.Fatal(err)
		}
		db.Clock.Advance(24 * time.Hour)
		if err := db.OpenCatchUps(ctx); err != nil {
			t.Fatal(err)
		}
		if n := db.Count("alerts WHERE catch_up_until IS NOT NULL"); n != 1 {
			t.Errorf("%d catch-ups; want one", n)
		}
		outage, err := db.Store.Outage(ctx, "messages-down")
		if err != nil {
			t.Fatal(err)
		}
		if caught, err := db.CatchUpsOf(ctx, outage); err != nil || len(caught[first]) != 1 {
			t.Errorf("catch-ups = %+v, %v; want one about update %d", caught, err, first)
		}
	})
}

// sendAll publishes and delivers an alert, and returns its update.
func sendAll(t *testing.T, db *modelstest.DB, d models.Draft) int64 {
	t.Helper()
	published := db.PublishNow(d)
	pagesOf(t, db, published.Alert.ID)
	return published.Update.ID
}

func TestTheDeskSaysWhoIsWritingWhat(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		db.Outage("feeds-down", "instagram")
		writer, other := signedIn(t, db, ada), signedIn(t, db, bob)
		for i, session := range []models.Session{writer, other} {
			draft := models.Draft{Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: []string{"Ada writes", "Bob writes"}[i]}
			if _, err := db.SaveDraft(t.Context(), session, draft, models.DraftVersion{}); err != nil {
				t.Fatal(err)
			}
			db.Clock.Advance(time.Second)
		}
		writers := func(slug string) (found []models.SavedDraft) {
			t.Helper()
			desk, err := db.Desk(t.Context(), models.OrdinaryOutage, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range desk {
				if o.Slug == slug {
					found = o.Writers
				}
			}
			return found
		}
		if found := writers("messages-down"); len(found) != 2 || found[0].IsOf(writer) || !found[1].IsOf(writer) || found[0].Writer() != other.Name() || found[0].Content.Headline != "Bob writes" {
			t.Errorf("writers = %+v", found)
		}
		if found := writers("feeds-down"); len(found) != 0 {
			t.Errorf("writers of another outage = %+v", found)
		}
		db.Clock.Advance(time.Hour)
		if found := writers("messages-down"); len(found) != 0 {
			t.Errorf("writers of an hour ago = %+v", found)
		}
	})
}
