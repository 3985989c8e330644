package models_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestEachReaderWaitsUntilTheirOwnTime(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		id, readers := waitingShard(t, db, 10*time.Second, time.Minute, 10*time.Second)
		for _, step := range []struct {
			after time.Duration
			tried []int64
		}{
			{9 * time.Second, nil},
			{time.Second, []int64{readers[0], readers[2]}},
			{49 * time.Second, nil},
			{time.Second, []int64{readers[1]}},
		} {
			db.Clock.Advance(step.after)
			claims := claimAll(t, db, id)
			if len(claims) == 0 {
				if step.tried != nil {
					t.Fatalf("the shard is not due for %v", step.tried)
				}
				continue
			}
			pages := deliver(t, db, claims[0], ledger.Accepted)
			if len(pages) != 1 || !slices.Equal(pages[0].readers, step.tried) || pages[0].tries != 1 {
				t.Errorf("tried %+v; want %v, after one try", pages, step.tried)
			}
		}
		if counts := countsOf(t, db, id); counts != (models.Counts{Audience: 3, Accepted: 3}) {
			t.Errorf("counts = %+v; want all accepted", counts)
		}
	})
}

func TestARetryThatIsDueAfterTheDeadlineIsAFailureByName(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		id, readers := waitingShard(t, db, 2*time.Hour, 24*time.Hour)
		alert, err := db.Alert(ctx, id)
		if err != nil || alert.State != models.Sent {
			t.Errorf("alert = %+v, %v; want sent", alert, err)
		}
		if counts := countsOf(t, db, id); counts != (models.Counts{Audience: 2, Failed: 2}) {
			t.Errorf("counts = %+v; want both failed", counts)
		}
		failures, err := db.Failures(ctx, alert, 10)
		if err != nil || len(failures) != 2 {
			t.Fatalf("failures = %+v, %v; want two", failures, err)
		}
		for i, f := range failures {
			if f.SubscriptionID != readers[i] || f.Reason != "gave up at the deadline" || f.PushHost != "fcm.googleapis.com" {
				t.Errorf("failure = %+v", f)
			}
		}
	})
}

func TestAReaderIsTriedAgainUntilTheDeadline(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		id, readers := waitingShard(t, db, 59*time.Minute-time.Second, 2*time.Hour)
		db.Clock.Advance(59*time.Minute - time.Second)
		pages := deliver(t, db, claimShard(t, db), ledger.Waiting) // for a minute, which ends before the deadline
		if len(pages) != 1 || !slices.Equal(pages[0].readers, readers[:1]) {
			t.Errorf("tried %+v; want the one who is due before the deadline", pages)
		}
		if alert, err := db.Alert(t.Context(), id); err != nil || alert.State != models.Sending {
			t.Errorf("alert = %+v, %v; want it sending before its deadline", alert, err)
		}
		db.Clock.Advance(time.Minute + time.Second)
		if pages := deliver(t, db, claimShard(t, db), ledger.Accepted); len(pages) != 0 {
			t.Errorf("tried %+v after the deadline", pages)
		}
		if counts := countsOf(t, db, id); counts.Failed != 2 {
			t.Errorf("counts = %+v; want both failed", counts)
		}
	})
}

func TestAStopCancelsTheRetries(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		id, _ := waitingShard(t, db, time.Minute, 2*time.Hour)
		if err := db.StopAlert(ctx, id, "test"); err != nil {
			t.Fatal(err)
		}
		deliver(t, db, claimShard(t, db), ledger.Accepted)
		counts := countsOf(t, db, id)
		if counts != (models.Counts{Audience: 2}) || counts.Remaining() != 2 {
			t.Errorf("counts = %+v; want both without an outcome", counts)
		}
		alert, err := db.Alert(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if failures, err := db.Failures(ctx, alert, 10); err != nil || len(failures) != 0 {
			t.Errorf("failures = %+v, %v; want none", failures, err)
		}
	})
}

func TestAReaderWhoPausesOrForgetsBeforeTheirRetryHasNone(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		id, readers := waitingShard(t, db, time.Minute, time.Minute)
		later := modelstest.Start.Add(24 * time.Hour)
		if _, err := db.ChangeSubscription(ctx, models.Subscription{ID: readers[0]}, models.SubscriptionChange{PausedUntil: &later}); err != nil {
			t.Fatal(err)
		}
		if err := db.Forget(ctx, models.Subscription{ID: readers[1]}); err != nil {
			t.Fatal(err)
		}
		db.Clock.Advance(time.Minute)
		if pages := deliver(t, db, claimAll(t, db, id)[0], ledger.Accepted); len(pages) != 0 {
			t.Errorf("tried %+v", pages)
		}
		if alert, err := db.Alert(ctx, id); err != nil || alert.State != models.Sent {
			t.Errorf("alert = %+v, %v; want no retry to be left", alert, err)
		}
		if counts := countsOf(t, db, id); counts != (models.Counts{Audience: 2, Gone: 1}) {
			t.Errorf("counts = %+v; want one gone, one skipped", counts)
		}
	})
}

// waitingShard publishes an alert to a reader for each wait, and delivers its only
// shard: they all wait for a retry, for those times.
func waitingShard(t *testing.T, db *modelstest.DB, waits ...time.Duration) (alertID int64, readers []int64) {
	t.Helper()
	db.Outage("messages-down", "messenger")
	for range waits {
		readers = append(readers, db.Reader("outage/messages-down:all").ID)
	}
	alertID = db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
	err := db.Deliver(t.Context(), claimAll(t, db, alertID)[0], models.Delivery{
		Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
			results := outcomes(recipients, ledger.Waiting)
			for i, wait := range waits {
				results[i].Due = modelstest.Start.Add(wait)
			}
			return results, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return alertID, readers
}

// claimShard claims an alert's only shard, due or not.
func claimShard(t *testing.T, db *modelstest.DB) *models.Claim {
	t.Helper()
	ownersDie(t, db)
	claim, err := db.Claim(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return claim
}

func TestAReadersTriesAreNotAnothers(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		id, _ := waitingShard(t, db, time.Second, 20*time.Second)
		db.Clock.Advance(time.Second)
		tryAgain := func(notAttempted bool, wait time.Duration) (tried []int) {
			err := db.Deliver(t.Context(), claimShard(t, db), models.Delivery{
				Send: func(_ context.Context, recipients []models.Recipient, tries int) ([]models.Result, error) {
					results := outcomes(recipients, ledger.Waiting)
					for i := range results {
						results[i].Due, results[i].NotAttempted = db.Now().Add(wait), notAttempted
						tried = append(tried, tries)
					}
					return results, nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			db.Clock.Advance(wait)
			return tried
		}
		for step, want := range [][]int{{1}, {2}, {3}, {1, 3}} {
			// Once the push is not attempted: that is no try.
			if got := tryAgain(step == 2, []time.Duration{time.Second, time.Second, 18 * time.Second, time.Second}[step]); !slices.Equal(got, want) {
				t.Errorf("step %d: tries %v of alert %d; want %v", step, got, id, want)
			}
		}
	})
}
