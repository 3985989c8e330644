package models_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
	"newsbell/models/preferences"
)

// quietHours are a night in London, where modelstest.Start is 18:04: from then until 07:00.
var quietHours = preferences.QuietHours{From: 18 * 60, Until: 7 * 60}

const morning = 13 * time.Hour

// quietReader subscribes a reader who is in quiet hours.
func quietReader(t *testing.T, db *modelstest.DB, follows ...string) models.Subscription {
	t.Helper()
	return change(t, db, db.Reader(follows...), models.SubscriptionChange{SetQuietHours: true, QuietHours: &quietHours})
}

func change(t *testing.T, db *modelstest.DB, sub models.Subscription, to models.SubscriptionChange) models.Subscription {
	t.Helper()
	changed, err := db.ChangeSubscription(t.Context(), sub, to)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// night opens an outage whose first alert is deferred for a reader.
func night(t *testing.T, db *modelstest.DB) (reader models.Subscription, notifier *fakeNotifier) {
	t.Helper()
	db.Outage("messages-down", "messenger")
	reader, notifier = quietReader(t, db, "outage/messages-down:all"), newFakeNotifier(t, db)
	db.PublishDraft(models.Draft{Outage: "messages-down"})
	notifier.sendDue()
	return reader, notifier
}

func TestAReaderInQuietHoursGetsTheLatestStateInTheMorningOnce(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader, notifier := night(t, db)
		awake := db.Reader("outage/messages-down:all")
		draft := models.Draft{Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: "Second"}
		if n, err := db.MeasureAudience(t.Context(), draft); err != nil || n.InQuietHours != 1 {
			t.Errorf("%+v, %v; want one of two in quiet hours", n, err)
		}
		second := db.PublishDraft(draft)
		notifier.sendDue()
		if c := countsOf(t, db, second.Alert.ID); c.Accepted != 1 || c.Deferred != 1 || c.Remaining() != 0 {
			t.Errorf("counts = %+v; want one accepted, one deferred, none left", c)
		}
		db.Clock.Advance(3 * time.Hour)
		resolution := db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution})
		notifier.sendDue()
		if got := notifier.deliveredTo(reader); len(got) != 0 {
			t.Errorf("sent at night: %v", got)
		}
		if got := notifier.deliveredTo(awake); len(got) != 2 {
			t.Errorf("sent to the other reader: %v; want both alerts", got)
		}
		db.Clock.Advance(morning)
		notifier.sendDue()
		db.Clock.Advance(morning)
		notifier.sendDue()
		got := notifier.deliveredTo(reader)
		if len(got) != 1 || got[0].update != resolution.Update.ID || !got[0].catchUp {
			t.Errorf("sent in the morning: %v; want the resolution, once", got)
		}
	})
}

func TestKeyMomentsAreSentInQuietHoursToReadersWhoAllowThem(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		sleeper, notifier := night(t, db)
		light := quietHours
		light.KeyWakes = true
		woken := change(t, db, db.Reader("outage/messages-down:all"), models.SubscriptionChange{SetQuietHours: true, QuietHours: &light})
		key := db.PublishDraft(models.Draft{Outage: "messages-down", Alert: models.AlertKey})
		notifier.sendDue()
		if got := notifier.deliveredTo(woken); len(got) != 1 || got[0].update != key.Update.ID {
			t.Errorf("sent to the reader who allows them: %v; want the key moment", got)
		}
		if got := notifier.deliveredTo(sleeper); len(got) != 0 {
			t.Errorf("sent to the reader who does not: %v", got)
		}
		db.Clock.Advance(morning)
		notifier.sendDue()
		if got := notifier.deliveredTo(woken); len(got) != 1 {
			t.Errorf("sent to the reader who got it: %v; want nothing twice", got)
		}
	})
}

func TestAlertsBeyondTheHourlyCapBecomeOneCatchUp(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		notifier, two := newFakeNotifier(t, db), 2
		reader := change(t, db, db.Reader("outage/messages-down:all"), models.SubscriptionChange{HourlyCap: &two})
		var last models.Publication
		for range 5 {
			last = db.PublishDraft(models.Draft{Outage: "messages-down"})
			notifier.sendDue()
			db.Clock.Advance(5 * time.Minute)
		}
		if got := notifier.deliveredTo(reader); len(got) != 2 {
			t.Errorf("sent within the hour: %v; want two", got)
		}
		db.Clock.Advance(time.Hour)
		notifier.sendDue()
		if got := notifier.deliveredTo(reader); len(got) != 3 || got[2].update != last.Update.ID {
			t.Errorf("sent after the hour: %v; want the last state too", got)
		}
	})
}

func TestWhatEndsACatchUp(t *testing.T) {
	ways := map[string]func(ctx context.Context, db *modelstest.DB, reader models.Subscription) error{
		"the outage is not followed any more": func(ctx context.Context, db *modelstest.DB, reader models.Subscription) error {
			return db.Unfollow(ctx, reader, models.Topic{Kind: models.OutageTopic, Slug: "messages-down"})
		},
		"the outage is muted": func(ctx context.Context, db *modelstest.DB, reader models.Subscription) error {
			return db.Follow(ctx, reader, models.NewFollow{Topic: "outage/messages-down", Level: "muted"})
		},
		"the outage is muted until its resolution": func(ctx context.Context, db *modelstest.DB, reader models.Subscription) error {
			if err := db.Follow(ctx, reader, models.NewFollow{Topic: "app/messenger", Level: "all"}); err != nil {
				return err
			}
			return db.Follow(ctx, reader, models.NewFollow{Topic: "outage/messages-down", Level: "hushed"})
		},
		"only the resolution is wanted now": func(ctx context.Context, db *modelstest.DB, reader models.Subscription) error {
			return db.Follow(ctx, reader, models.NewFollow{Topic: "outage/messages-down", Level: "resolution"})
		},
		"the alert was stopped": func(ctx context.Context, db *modelstest.DB, _ models.Subscription) error {
			return db.StopAlert(ctx, 1, "test")
		},
		"the reader paused": func(ctx context.Context, db *modelstest.DB, reader models.Subscription) error {
			until := db.Now().Add(48 * time.Hour)
			_, err := db.ChangeSubscription(ctx, reader, models.SubscriptionChange{PausedUntil: &until})
			return err
		},
		"the reader is forgotten": func(ctx context.Context, db *modelstest.DB, reader models.Subscription) error {
			return db.Forget(ctx, reader)
		},
	}
	for name, end := range ways {
		t.Run(name, func(t *testing.T) {
			modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
				db.Outage("messages-down", "messenger")
				reader, notifier := quietReader(t, db, "outage/messages-down:all"), newFakeNotifier(t, db)
				notifier.neverReaches(db.Reader("outage/messages-down:all")) // and the alert from ending
				db.PublishDraft(models.Draft{Outage: "messages-down"})
				notifier.sendDue()
				if err := end(t.Context(), db, reader); err != nil {
					t.Fatal(err)
				}
				db.Clock.Advance(morning)
				notifier.sendDue()
				db.Clock.Advance(72 * time.Hour)
				notifier.sendDue()
				if got := notifier.deliveredTo(reader); len(got) != 0 {
					t.Errorf("sent %v", got)
				}
				if n := db.Count("catch_ups"); n != 0 {
					t.Errorf("%d catch-ups are left", n)
				}
			})
		})
	}
}

func TestAReaderWhoMutedAnOutageUntilItsResolutionGetsThatInTheMorning(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		before := quietReader(t, db, "outage/messages-down:hushed", "app/messenger:all")
		after, notifier := quietReader(t, db, "outage/messages-down:all"), newFakeNotifier(t, db)
		db.PublishDraft(models.Draft{Outage: "messages-down", Apps: []string{"messenger"}})
		notifier.sendDue()
		over := db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution}).Update.ID
		notifier.sendDue()
		if err := db.Follow(t.Context(), after, models.NewFollow{Topic: "outage/messages-down", Level: "hushed"}); err != nil {
			t.Fatal(err)
		}
		db.Clock.Advance(morning)
		notifier.sendDue()
		for name, reader := range map[string]models.Subscription{"before": before, "after": after} {
			if got := notifier.deliveredTo(reader); len(got) != 1 || got[0].update != over {
				t.Errorf("the reader who muted it %s the resolution was sent %v; want the resolution", name, got)
			}
		}
	})
}

func TestACatchUpComesAtOnceWhenTheQuietHoursAreSwitchedOff(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader, notifier := night(t, db)
		change(t, db, reader, models.SubscriptionChange{SetQuietHours: true})
		notifier.sendDue()
		if got := notifier.deliveredTo(reader); len(got) != 1 || !got[0].catchUp {
			t.Errorf("sent %v; want the catch-up", got)
		}
	})
}

func TestACatchUpThatIsStoppedIsNotBegunAgain(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader, notifier := night(t, db)
		db.Clock.Advance(morning)
		if err := db.OpenCatchUps(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.StopAlert(t.Context(), 2, "test"); err != nil {
			t.Fatal(err)
		}
		notifier.sendDue()
		if got := notifier.deliveredTo(reader); len(got) != 0 || db.Count("catch_ups") != 0 {
			t.Errorf("sent %v", got)
		}
	})
}

func TestAWorkerThatTakesOverDefersTheSameReaders(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		quietReader(t, db, "outage/messages-down:all")
		db.Reader("outage/messages-down:all")
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		dies := func(context.Context, []models.Recipient, int) ([]models.Result, error) { return nil, errDied }
		if err := db.Deliver(t.Context(), claimShard(t, db), models.Delivery{Send: dies}); !errors.Is(err, errDied) {
			t.Fatal(err)
		}
		deliver(t, db, claimShard(t, db), ledger.Accepted)
		if c := countsOf(t, db, id); c.Deferred != 1 || db.Count("catch_ups") != 1 {
			t.Errorf("counts = %+v, %d catch-ups; want one deferred", c, db.Count("catch_ups"))
		}
	})
}
