package models_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestADeferredCorrectionIsSentAlsoToReadersWhoGotTheResolution(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		notifier, one := newFakeNotifier(t, db), 1
		capped := change(t, db, db.Reader("outage/messages-down:all"), models.SubscriptionChange{HourlyCap: &one})
		quiet := quietReader(t, db, "outage/messages-down:all")
		resolution := db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution}).Update.ID
		notifier.sendDue()
		correction := db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Correction}).Update.ID
		for range 30 {
			notifier.sendDue()
			db.Clock.Advance(time.Hour)
		}
		if got := updatesOf(notifier.deliveredTo(capped)); !slices.Equal(got, []int64{resolution, correction}) {
			t.Errorf("the reader who got the resolution was sent %v; want the correction %d too", got, correction)
		}
		if got := updatesOf(notifier.deliveredTo(quiet)); !slices.Equal(got, []int64{correction}) {
			t.Errorf("the reader in quiet hours was sent %v; want the correction %d, as the latest state", got, correction)
		}
	})
}

func TestABrowserThatSubscribesAgainHasNoOldCatchUp(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		browser, notifier := db.Browser(), newFakeNotifier(t, db)
		before, _ := db.ReaderWithSecret(browser, "outage/messages-down:all")
		change(t, db, before, models.SubscriptionChange{SetQuietHours: true, QuietHours: &quietHours})
		db.PublishDraft(models.Draft{Outage: "messages-down"})
		notifier.sendDue()
		again, _ := db.ReaderWithSecret(browser, "app/messenger:resolution")
		db.Clock.Advance(morning)
		notifier.sendDue()
		if got := notifier.deliveredTo(again); len(got) != 0 || db.Count("catch_ups") != 0 {
			t.Errorf("sent %v; want nothing of what was followed before", got)
		}
	})
}

func TestACatchUpComesWhenQuietHoursAreSwitchedOffThoughOthersWaitForARetry(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		reader, notifier := quietReader(t, db, "outage/messages-down:all"), newFakeNotifier(t, db)
		notifier.neverReaches(db.Reader("outage/messages-down:all"))
		db.PublishDraft(models.Draft{Outage: "messages-down"})
		notifier.sendDue()
		change(t, db, reader, models.SubscriptionChange{SetQuietHours: true})
		notifier.sendDue()
		if got := notifier.deliveredTo(reader); len(got) != 1 {
			t.Errorf("sent %v; want the catch-up", got)
		}
	})
}

func TestAChangeThatChangesNothingCreatesNoAlert(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader, notifier := night(t, db)
		for range 5 {
			change(t, db, reader, models.SubscriptionChange{TimeZone: &reader.TimeZone})
			notifier.sendDue()
		}
		if n := db.Count("alerts"); n != 1 {
			t.Errorf("%d alerts; want the one that was published", n)
		}
	})
}

func TestStoppingACatchUpWhileAPageIsRecordedLosesNeither(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{PageSize: 100}, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		for range 200 {
			quietReader(t, db, "outage/messages-down:all")
		}
		notifier := newFakeNotifier(t, db)
		for range 4 {
			db.PublishDraft(models.Draft{Outage: "messages-down"})
			notifier.sendDue()
			db.Clock.Advance(morning)
			if err := db.OpenCatchUps(t.Context()); err != nil {
				t.Fatal(err)
			}
			ids, err := db.UnplannedAlerts(t.Context())
			if err != nil || len(ids) != 1 {
				t.Fatal(ids, err)
			}
			db.PlanAll(ids[0])
			shards, err := db.Shards(t.Context(), ids[0])
			if err != nil {
				t.Fatal(err)
			}
			claim, err := db.Claim(t.Context(), shards[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			var stop sync.WaitGroup
			var begin sync.Once
			err = db.Deliver(t.Context(), claim, models.Delivery{
				BeforePage: func(context.Context) error {
					stop.Wait() // of the second page: else the alert may be sent before it is stopped
					return nil
				},
				Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
					begin.Do(func() {
						stop.Go(func() {
							if err := db.StopAlert(t.Context(), ids[0], "test"); err != nil {
								t.Errorf("stop: %v", err)
							}
						})
					})
					return outcomes(recipients, ledger.Accepted), nil
				},
			})
			if err != nil {
				t.Errorf("deliver: %v", err)
			}
			stop.Wait()
			if n := db.Count("catch_ups"); n != 0 {
				t.Errorf("%d catch-ups are left", n)
			}
			db.Clock.Advance(24*time.Hour - morning)
		}
	})
}

func updatesOf(alerts []deliveredAlert) (updates []int64) {
	for _, alert := range alerts {
		updates = append(updates, alert.update)
	}
	return updates
}
