package models_test

import (
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestEachReaderWaitsUntilTheirOwnTime(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		id, page := waitingPage(t, db, 10*time.Second, time.Minute, 10*time.Second)
		for _, step := range []struct {
			after time.Duration
			tried []int // of the page's recipients
		}{
			{9 * time.Second, nil},
			{time.Second, []int{0, 2}},
			{49 * time.Second, nil},
			{time.Second, []int{1}},
		} {
			db.Clock.Advance(step.after)
			claims := claimAll(t, db, id)
			if len(claims) == 0 {
				if step.tried != nil {
					t.Fatalf("the shard is not due for %v", step.tried)
				}
				continue
			}
			var want, got []int64
			for _, i := range step.tried {
				want = append(want, page.Recipients[i].ID)
			}
			err := db.WaitingPages(ctx, claims[0], func(p models.Page) error {
				for _, r := range p.Recipients {
					got = append(got, r.ID)
				}
				if p.Tries != 1 {
					t.Errorf("tries = %d; want 1", p.Tries)
				}
				return db.Record(ctx, claims[0], p, outcomes(p, ledger.Accepted))
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("tried %v, %v; want %v", got, err, want)
			}
			if claims[0].Waits() {
				err = db.RetryLater(ctx, claims[0])
			} else {
				err = db.Finish(ctx, claims[0])
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if counts := countsOf(t, db, id); counts != (models.Counts{Audience: 3, Accepted: 3}) {
			t.Errorf("counts = %+v; want all accepted", counts)
		}
	})
}

func TestWhoIsDueBehindTheDeadlineIsGivenUpByName(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		id, page := waitingPage(t, db, 2*time.Hour, 24*time.Hour)
		claim := claimShard(t, db)
		if claim.Waits() {
			t.Error("somebody waits for a try behind the deadline")
		}
		if err := db.Finish(ctx, claim); err != nil {
			t.Fatal(err)
		}
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
			if f.SubscriptionID != page.Recipients[i].ID || f.Reason != "gave up at the deadline" || f.PushHost != "fcm.googleapis.com" {
				t.Errorf("failure = %+v", f)
			}
		}
	})
}

func TestWhoWaitsIsTriedUntilTheDeadline(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		_, page := waitingPage(t, db, 59*time.Minute, 2*time.Hour)
		db.Clock.Advance(59 * time.Minute)
		claim := claimShard(t, db)
		var tried []int64
		err := db.WaitingPages(t.Context(), claim, func(p models.Page) error {
			for _, r := range p.Recipients {
				tried = append(tried, r.ID)
			}
			return nil
		})
		if err != nil || !slices.Equal(tried, []int64{page.Recipients[0].ID}) {
			t.Errorf("tried %v, %v; want the one who is due before the deadline", tried, err)
		}
		if db.Ended(claim) {
			t.Error("ended before its deadline")
		}
		db.Clock.Advance(time.Minute)
		if !db.Ended(claim) {
			t.Error("goes on behind its deadline")
		}
	})
}

func TestAStopLeavesOutWhoWaits(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		id, _ := waitingPage(t, db, time.Minute, 2*time.Hour)
		if err := db.StopAlert(ctx, id, "test"); err != nil {
			t.Fatal(err)
		}
		if err := db.Finish(ctx, claimShard(t, db)); err != nil {
			t.Fatal(err)
		}
		counts := countsOf(t, db, id)
		if counts != (models.Counts{Audience: 2}) || counts.Remaining() != 2 {
			t.Errorf("counts = %+v; want both left out", counts)
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

func TestWhoPausesOrForgetsWhileWaitingIsNotWaitedFor(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		id, page := waitingPage(t, db, time.Minute, time.Minute)
		later := modelstest.Start.Add(24 * time.Hour)
		if _, err := db.ChangeSubscription(ctx, models.Subscription{ID: page.Recipients[0].ID}, models.SubscriptionChange{PausedUntil: &later}); err != nil {
			t.Fatal(err)
		}
		if err := db.Forget(ctx, models.Subscription{ID: page.Recipients[1].ID}); err != nil {
			t.Fatal(err)
		}
		db.Clock.Advance(time.Minute)
		claim := claimAll(t, db, id)[0]
		err := db.WaitingPages(ctx, claim, func(p models.Page) error { return db.Record(ctx, claim, p, outcomes(p, ledger.Accepted)) })
		if err != nil {
			t.Fatal(err)
		}
		if claim.Waits() {
			t.Error("somebody is waited for")
		}
		if counts := countsOf(t, db, id); counts != (models.Counts{Audience: 2, Gone: 1}) {
			t.Errorf("counts = %+v; want one gone, one left out", counts)
		}
	})
}

// waitingPage publishes an alert to as many readers as there are waits, who all
// wait that long for another try; the shard is left until the first is due.
func waitingPage(t *testing.T, db *modelstest.DB, waits ...time.Duration) (alertID int64, page models.Page) {
	t.Helper()
	db.Outage("messages-down", "messenger")
	for range waits {
		db.Reader("outage/messages-down:all")
	}
	alertID = db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
	claim := claimAll(t, db, alertID)[0]
	page = readPages(t, db, claim)[0]
	results := outcomes(page, ledger.Waiting)
	for i, wait := range waits {
		results[i].Due = modelstest.Start.Add(wait)
	}
	if err := db.Record(t.Context(), claim, page, results); err != nil {
		t.Fatal(err)
	}
	if err := db.RetryLater(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	return alertID, page
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
		ctx := t.Context()
		id, _ := waitingPage(t, db, time.Second, 20*time.Second)
		db.Clock.Advance(time.Second)
		claim := claimShard(t, db)
		tryAgain := func(held bool, wait time.Duration) (tries []int) {
			err := db.WaitingPages(ctx, claim, func(p models.Page) error {
				results := outcomes(p, ledger.Waiting)
				for i := range results {
					results[i].Due, results[i].NotAttempted = db.Now().Add(wait), held
					tries = append(tries, p.Tries)
				}
				return db.Record(ctx, claim, p, results)
			})
			if err != nil {
				t.Fatal(err)
			}
			db.Clock.Advance(wait)
			return tries
		}
		for step, want := range [][]int{{1}, {2}, {3}, {1, 3}} {
			// Once the push was held back: that was no try.
			if got := tryAgain(step == 2, []time.Duration{time.Second, time.Second, 18 * time.Second, time.Second}[step]); !slices.Equal(got, want) {
				t.Errorf("step %d: tries %v of alert %d; want %v", step, got, id, want)
			}
		}
	})
}
