package models_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestTheLedgerHasTheOutcomeOfEachSubscription(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		want := map[int64]ledger.Outcome{db.Reader().ID: ledger.Untried}
		for range 5 {
			want[db.Reader("outage/messages-down:all").ID] = ledger.Untried
		}
		id := db.PublishDraft(models.Draft{Outage: "messages-down"}).Alert.ID
		sentToAs(t, db, id, want) // before its plan
		db.PlanAll(id)
		sentToAs(t, db, id, want)

		ctx, end := context.WithCancel(t.Context())
		defer end()
		err := db.Deliver(ctx, claimAll(t, db, id)[0], models.Delivery{
			Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
				end()
				recipients = recipients[:4]
				for i, r := range recipients {
					want[r.ID] = ledger.Outcome(i)
				}
				return outcomes(recipients, ledger.Accepted, ledger.Gone, ledger.Failed, ledger.Waiting), nil
			},
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		want[db.Reader("outage/messages-down:all").ID] = ledger.Untried // too late
		sentToAs(t, db, id, want)
	})
}

func TestRecipientsAreListedThroughAllShards(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{ShardSize: 2}, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		want := map[ledger.Outcome][]int64{}
		for i := range 90 {
			outcome := ledger.Outcome(i % 2 * int(ledger.Failed)) // accepted, failed, …
			want[outcome] = append(want[outcome], db.Reader("outage/messages-down:all").ID)
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		for _, claim := range claimAll(t, db, id) {
			deliver(t, db, claim, ledger.Accepted, ledger.Failed)
		}
		for _, outcome := range []ledger.Outcome{ledger.Accepted, ledger.Gone, ledger.Failed, ledger.Waiting, ledger.Untried} {
			var got []int64
			for subscription, err := range db.Recipients(t.Context(), id, outcome) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, subscription)
			}
			if !slices.Equal(got, want[outcome]) {
				t.Errorf("outcome %d: %v; want %v", outcome, got, want[outcome])
			}
		}
		for first := range db.Recipients(t.Context(), id, ledger.Accepted) {
			if first != want[ledger.Accepted][0] {
				t.Errorf("the first is %d; want %d", first, want[ledger.Accepted][0])
			}
			break
		}
	})
}

func TestAnAlertIsCountedByPushHost(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{ShardSize: 3}, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		const chrome, firefox = "fcm.googleapis.com", "updates.push.services.mozilla.com"
		for i := range 6 {
			browser := db.Browser()
			if i%3 == 2 {
				browser.Endpoint = "https://" + firefox + "/wpush/v2/" + browser.Auth
			}
			db.ReaderWithSecret(browser, "outage/messages-down:all")
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		for _, claim := range claimAll(t, db, id) { // each has two Chromes and a Firefox
			deliver(t, db, claim, ledger.Accepted, ledger.Waiting, ledger.Failed)
		}
		hostsAre(t, db, id, map[string]models.Counts{
			chrome:  {Accepted: 2, Waiting: 2},
			firefox: {Failed: 2},
		})

		waiting := slices.Collect(maps.Keys(maps.Collect(db.Recipients(ctx, id, ledger.Waiting))))
		moved := db.Browser()
		moved.Endpoint = "https://" + firefox + "/wpush/v2/" + moved.Auth
		if _, err := db.ChangeSubscription(ctx, models.Subscription{ID: waiting[0]}, models.SubscriptionChange{Browser: &moved}); err != nil {
			t.Fatal(err)
		}
		if err := db.Forget(ctx, models.Subscription{ID: waiting[1]}); err != nil {
			t.Fatal(err)
		}
		db.Clock.Advance(time.Minute)
		for _, claim := range claimAll(t, db, id) {
			deliver(t, db, claim, ledger.Accepted)
		}
		hostsAre(t, db, id, map[string]models.Counts{ // where they were sent to first
			chrome:  {Accepted: 3, Gone: 1},
			firefox: {Failed: 2},
		})
	})
}

func sentToAs(t *testing.T, db *modelstest.DB, alertID int64, want map[int64]ledger.Outcome) {
	t.Helper()
	for subscription, outcome := range want {
		if got, err := db.SentTo(t.Context(), alertID, subscription); err != nil || got != outcome {
			t.Errorf("subscription %d: %d, %v; want %d", subscription, got, err, outcome)
		}
	}
}

func hostsAre(t *testing.T, db *modelstest.DB, alertID int64, want map[string]models.Counts) {
	t.Helper()
	if got, err := db.HostCounts(t.Context(), alertID); err != nil || !maps.Equal(got, want) {
		t.Errorf("hosts = %v, %v; want %v", got, err, want)
	}
}
