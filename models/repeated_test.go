package models_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func words(headline, key string) models.Draft {
	return models.Draft{
		Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: headline, RequestKey: key, Actor: "person " + ada,
	}
}

func TestTheSameWordsAreSentAgainOnlyIfConfirmed(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		db.Outage("stories-down", "instagram")
		publish := func(d models.Draft) error {
			_, err := db.Publish(ctx, d)
			return err
		}
		first, err := db.Publish(ctx, words("Messages fail", ""))
		if err != nil {
			t.Fatal(err)
		}
		db.Clock.Advance(10*time.Minute - time.Second)
		again := words(" messages  FAIL ", "")
		again.Actor = "token cms"
		repeated, ok := errors.AsType[*models.RepeatedError](publish(again))
		if !ok || repeated.UpdateID != first.Update.ID || !repeated.PublishedAt.Equal(first.Update.PublishedAt) {
			t.Errorf("sent again: %v", repeated)
		}
		elsewhere, onPage := words("Messages fail", ""), words("Messages fail", "")
		elsewhere.Outage, onPage.Alert = "stories-down", models.AlertNone
		for name, d := range map[string]models.Draft{"other words": words("Messages still fail", ""), "another outage": elsewhere, "no alert": onPage} {
			if err := publish(d); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		again.Again = true
		if err := publish(again); err != nil {
			t.Errorf("confirmed: %v", err)
		}
		db.Clock.Advance(10 * time.Minute)
		if err := publish(words("Messages fail", "")); err != nil {
			t.Errorf("ten minutes later: %v", err)
		}
	})
}

func TestAnAlertThatWasTakenBackCanBeSentAgain(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		first, err := db.Publish(t.Context(), words("Messages fail", ""))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.StopAlert(t.Context(), first.Alert.ID, "person "+ada); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Publish(t.Context(), words("Messages fail", "")); err != nil {
			t.Errorf("nobody got it, but it is refused: %v", err)
		}
	})
}

func TestARequestPublishesOnceHoweverOftenItArrives(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		d := words("Messages fail", "key")
		d.States = map[string]models.AppState{"messenger": models.Failing}
		first, err := db.Publish(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		db.Clock.Advance(time.Hour)
		second, err := db.Publish(ctx, d)
		if err != nil || second.Update.ID != first.Update.ID || second.Alert == nil || second.Alert.ID != first.Alert.ID || len(second.Update.Apps) != 1 {
			t.Errorf("again: %+v, %v", second, err)
		}
		louder := d
		louder.Alert = models.AlertKey
		for name, other := range map[string]models.Draft{"other words": words("Something else", "key"), "another level": louder} {
			if _, err := db.Publish(ctx, other); !errors.Is(err, models.ErrConflict) {
				t.Errorf("%s with the same key: %v", name, err)
			}
		}
		if _, err := db.Publish(ctx, words("Without an end", fmt.Sprintf("%0256d", 1))); !isInvalid("idempotency_key")(err) {
			t.Errorf("a key of 256 bytes: %v", err)
		}
		if rows := db.Count("updates"); rows != 1 {
			t.Errorf("%d updates; want 1", rows)
		}
	})
}

func TestTwoHundredPressesOfTwoPeopleInThreeProcessesSendOneAlert(t *testing.T) {
	db := modelstest.Open(t, modelstest.Postgres)
	db.Outage("messages-down", "messenger")
	stores := []*models.Store{db.Store, again(t, db), again(t, db)}
	start := make(chan struct{})
	var presses sync.WaitGroup
	alerts := make([]int64, 200)
	for i := range alerts {
		presses.Go(func() {
			<-start
			d := words("Messages fail", "confirmation 1")
			d.Actor = []string{"person " + ada, "person " + bob}[i%2]
			published, err := stores[i%3].Publish(t.Context(), d)
			if err != nil {
				t.Error(err)
				return
			}
			alerts[i] = published.Alert.ID
		})
	}
	close(start)
	presses.Wait()
	for i, id := range alerts {
		if id != alerts[0] {
			t.Fatalf("press %d got alert %d, the first alert %d", i, id, alerts[0])
		}
	}
	for _, table := range []string{"alerts", "updates"} {
		if rows := db.Count(table); rows != 1 {
			t.Errorf("%d %s; want one", rows, table)
		}
	}
}

// Migration 16 gives updates the keys of their requests.
func TestUpdatesStayInTheMigrationToRequestKeys(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		if _, err := db.Publish(ctx, words("Messages fail", "key")); err != nil {
			t.Fatal(err)
		}
		if err := db.MigrateDown(ctx, 15); err != nil {
			t.Fatal(err)
		}
		if err := db.TryExec("SELECT request_key FROM updates"); err == nil {
			t.Error("the keys are still there")
		}
		store := again(t, db)
		if _, err := store.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if rows := db.Count("updates"); rows != 1 {
			t.Errorf("%d updates; want 1", rows)
		}
		if _, err := store.Publish(ctx, words("Messages still fail", "key")); err != nil {
			t.Errorf("a key that the migration has dropped: %v", err)
		}
	})
}
