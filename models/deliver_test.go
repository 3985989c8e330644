package models_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

// errDied is why a worker stops in the middle of a shard.
var errDied = errors.New("the worker died")

func TestAPageIsRecordedAgainUntilTheDatabaseTakesIt(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		id, claim := claimedShard(t, db)
		attempts := 0
		err := db.Deliver(t.Context(), claim, models.Delivery{
			Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
				db.Exec("ALTER TABLE failures RENAME TO failures_2")
				return outcomes(recipients, ledger.Failed), nil
			},
			NotRecorded: func(err error) {
				if attempts++; attempts == 2 {
					db.Exec("ALTER TABLE failures_2 RENAME TO failures")
				}
			},
		})
		if err != nil || attempts != 2 {
			t.Errorf("deliver: %v after %d attempts that failed; want two", err, attempts)
		}
		if counts := countsOf(t, db, id); counts.Failed != 1 || db.Count("failures") != 1 {
			t.Errorf("counts = %+v with %d failures; want the page once", counts, db.Count("failures"))
		}
	})
}

func TestWhatWasSentIsRecordedThoughTheWorkerMustEnd(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		for range 3 {
			db.Reader("outage/messages-down:all")
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		ctx, end := context.WithCancel(t.Context())
		defer end()
		var sent []int64
		err := db.Deliver(ctx, claimAll(t, db, id)[0], models.Delivery{
			Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
				end()
				sent = append(sent, recipients[0].ID, recipients[2].ID)
				return outcomes([]models.Recipient{recipients[0], recipients[2]}, ledger.Accepted), nil
			},
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("deliver: %v; want the end of the worker", err)
		}
		if counts := countsOf(t, db, id); counts.Accepted != 2 {
			t.Errorf("counts = %+v; want the two that were sent", counts)
		}
		for _, p := range deliver(t, db, claimAll(t, db, id)[0], ledger.Accepted) {
			sent = append(sent, p.readers...)
		}
		if len(sent) != 3 || slices.Contains(sent[:2], sent[2]) {
			t.Errorf("sent %v; want each reader once", sent)
		}
	})
}

func TestAWorkerGivesWayBeforeEachPageAndShowsProgress(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{PageSize: 1}, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		for range 3 {
			db.Reader("outage/messages-down:all")
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		var steps []string
		sent := send(ledger.Accepted)
		err := db.Deliver(t.Context(), claimAll(t, db, id)[0], models.Delivery{
			BeforePage: func(context.Context) error {
				if steps = append(steps, "before"); len(steps) > 4 {
					return errDied
				}
				return nil
			},
			Send: func(ctx context.Context, recipients []models.Recipient, tries int) ([]models.Result, error) {
				steps = append(steps, "send")
				return sent(ctx, recipients, tries)
			},
			Progress: func() { steps = append(steps, "progress") },
		})
		want := []string{"before", "send", "progress", "progress", "before"}
		if !errors.Is(err, errDied) || !slices.Equal(steps, want) {
			t.Errorf("steps = %q, %v; want %q and the end", steps, err, want)
		}
		if counts := countsOf(t, db, id); counts.Accepted != 1 {
			t.Errorf("counts = %+v; want one page", counts)
		}
	})
}

func TestAShardWithRecipientsWithoutAResultIsNotDone(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		id, claim := claimedShard(t, db)
		err := db.Deliver(t.Context(), claim, models.Delivery{
			Send: func(context.Context, []models.Recipient, int) ([]models.Result, error) { return nil, nil },
		})
		if err == nil {
			t.Error("a recipient without a result is no error")
		}
		deliver(t, db, claimAll(t, db, id)[0], ledger.Accepted)
		if counts := countsOf(t, db, id); counts.Accepted != 1 {
			t.Errorf("counts = %+v; want the reader tried again", counts)
		}
	})
}

// deliveredPage is a page that was sent.
type deliveredPage struct {
	readers []int64
	tries   int
}

// deliver delivers a claimed shard, gives the recipients of each page the outcomes in
// turn, with a retry in a minute, and returns the pages.
func deliver(t testing.TB, db *modelstest.DB, claim *models.Claim, each ...ledger.Outcome) (pages []deliveredPage) {
	t.Helper()
	err := db.Deliver(t.Context(), claim, models.Delivery{
		Send: func(_ context.Context, recipients []models.Recipient, tries int) ([]models.Result, error) {
			p := deliveredPage{tries: tries}
			results := outcomes(recipients, each...)
			for i, r := range recipients {
				p.readers = append(p.readers, r.ID)
				results[i].Due = db.Now().Add(time.Minute)
			}
			if len(p.readers) > 0 {
				pages = append(pages, p)
			}
			return results, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// deliverOnePage is [deliver] by a worker that dies after its first page.
func deliverOnePage(t *testing.T, db *modelstest.DB, claim *models.Claim, each ...ledger.Outcome) {
	t.Helper()
	isSecond := false
	err := db.Deliver(t.Context(), claim, models.Delivery{
		BeforePage: func(context.Context) error {
			if isSecond {
				return errDied
			}
			isSecond = true
			return nil
		},
		Send: send(each...),
	})
	if !errors.Is(err, errDied) {
		t.Fatalf("deliver: %v; want the end after a page", err)
	}
}

// send returns a function that gives recipients the outcomes in turn.
func send(each ...ledger.Outcome) func(context.Context, []models.Recipient, int) ([]models.Result, error) {
	return func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
		return outcomes(recipients, each...), nil
	}
}

// outcomes gives each recipient one of the outcomes, in turn.
func outcomes(recipients []models.Recipient, each ...ledger.Outcome) []models.Result {
	results := make([]models.Result, len(recipients))
	for i, r := range recipients {
		results[i] = models.Result{Recipient: r, Outcome: each[i%len(each)]}
	}
	return results
}

// claimedShard publishes an alert to one reader and claims its only shard.
func claimedShard(t *testing.T, db *modelstest.DB) (alertID int64, claim *models.Claim) {
	t.Helper()
	db.Outage("messages-down", "messenger")
	db.Reader("outage/messages-down:all")
	alertID = db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
	return alertID, claimAll(t, db, alertID)[0]
}
