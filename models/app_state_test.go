package models_test

import (
	"maps"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

type states = map[string]models.AppState

func TestTheAppsOfANewOutageFailUnlessItSaysOtherwise(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		for _, app := range []string{"messenger", "instagram", "whatsapp", "threads"} {
			db.App(app)
		}
		db.Clock.Advance(time.Hour)
		began := db.Now().Add(-10 * time.Minute)
		opened, err := db.CreateOutage(t.Context(), models.NewOutage{
			Slug: "messages-down", Headline: "Messages are down", Apps: []string{"messenger"}, BeganAt: &began,
			States: states{"instagram": models.Recovering, "whatsapp": models.Up},
		})
		if err != nil || len(opened.Apps) != 3 {
			t.Fatalf("outage = %+v, %v; want one of three apps", opened, err)
		}
		wantsStates(t, db, states{"messenger": models.Failing, "instagram": models.Recovering, "whatsapp": models.Up, "threads": models.Up})
		if app, err := db.Store.App(t.Context(), "messenger"); err != nil || !app.StateChangedAt.Equal(began) {
			t.Errorf("messenger fails since %v, %v; want %v", app.StateChangedAt, err, began)
		}
		for _, bad := range []states{{"messenger": "sideways"}, {"icq": models.Up}} {
			_, err := db.CreateOutage(t.Context(), models.NewOutage{Slug: "bad", Headline: "Bad", Apps: []string{"messenger"}, States: bad})
			if !isInvalid("states.messenger")(err) && !isInvalid("apps")(err) {
				t.Errorf("%v: %v; want it refused", bad, err)
			}
		}
	})
}

func TestAnAppOfSeveralOutagesIsAsBadAsTheWorst(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("first", "messenger", "instagram")
		db.Clock.Advance(time.Hour)
		_, err := db.CreateOutage(t.Context(), models.NewOutage{Slug: "second", Headline: "Second", States: states{"messenger": models.Up, "instagram": models.Recovering}})
		if err != nil {
			t.Fatal(err)
		}
		wantsStates(t, db, states{"messenger": models.Failing, "instagram": models.Failing})
		if app, err := db.Store.App(t.Context(), "messenger"); err != nil || !app.StateChangedAt.Equal(modelstest.Start) {
			t.Errorf("messenger fails since %v, %v; want %v, as before", app.StateChangedAt, err, modelstest.Start)
		}
		db.PublishDraft(models.Draft{Outage: "first", Kind: models.Resolution, Alert: models.AlertNone})
		wantsStates(t, db, states{"messenger": models.Failing, "instagram": models.Failing})
		db.PublishDraft(models.Draft{Outage: "second", States: states{"instagram": models.Recovering}})
		wantsStates(t, db, states{"messenger": models.Failing, "instagram": models.Recovering}) // an editor's word counts
		db.PublishDraft(models.Draft{Outage: "second", Kind: models.Resolution, Alert: models.AlertNone})
		wantsStates(t, db, states{"messenger": models.Up, "instagram": models.Up})
	})
}

func TestAResolutionSetsUpWhatItDoesNotName(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		outage := db.Outage("messages-down", "messenger", "instagram", "whatsapp")
		db.Outage("elsewhere", "threads")
		db.App("facebook")
		db.Reader("app/messenger:all")
		db.PublishDraft(models.Draft{Outage: "messages-down", Alert: models.AlertNone, Apps: []string{"threads"}, States: states{"facebook": models.Failing}})
		published := db.PublishNow(models.Draft{
			Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertKey, Apps: []string{"instagram"}, States: states{"whatsapp": models.Recovering},
		})
		wantsStates(t, db, states{"messenger": models.Up, "instagram": models.Up, "whatsapp": models.Recovering, "facebook": models.Up, "threads": models.Failing})
		updates, err := db.Updates(t.Context(), outage)
		if err != nil {
			t.Fatal(err)
		}
		set := states{}
		for _, concerned := range updates[0].Apps {
			set[concerned.App.Slug] = *concerned.State
		}
		if want := (states{"messenger": models.Up, "instagram": models.Up, "whatsapp": models.Recovering, "facebook": models.Up}); !maps.Equal(set, want) {
			t.Errorf("the resolution says %v; want %v", set, want)
		}
		if alert, err := db.Alert(t.Context(), published.Alert.ID); err != nil || alert.Audience != 0 {
			t.Errorf("it alerts %d, %v; want no follower of an app that the editor did not name", alert.Audience, err)
		}
	})
}

func wantsStates(t *testing.T, db *modelstest.DB, want states) {
	t.Helper()
	got := states{}
	for slug := range want {
		app, err := db.Store.App(t.Context(), slug)
		if err != nil {
			t.Fatal(err)
		}
		got[slug] = app.State
	}
	if !maps.Equal(got, want) {
		t.Errorf("states = %v; want %v", got, want)
	}
}
