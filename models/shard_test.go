package models_test

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestAPlanIsMadeOnceAndOnlyAfterTheUndoWindow(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		window := 10 * time.Second
		published, err := db.Publish(ctx, models.Draft{
			Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll,
			Headline: "News", UndoWindow: &window, Actor: "test",
		})
		if err != nil {
			t.Fatal(err)
		}
		id := published.Alert.ID
		if _, _, err := db.Plan(ctx, id); !errors.Is(err, models.ErrPlanned) {
			t.Errorf("plan inside the window: %v; want nothing to do", err)
		}
		db.Clock.Advance(window)
		if ids, err := db.UnplannedAlerts(ctx); err != nil || len(ids) != 1 || ids[0] != id {
			t.Errorf("unplanned = %v, %v; want the alert", ids, err)
		}
		if shards, done, err := db.Plan(ctx, id); err != nil || len(shards) != 1 || !done {
			t.Fatalf("plan = %v, %v, %v; want one shard and the end", shards, done, err)
		}
		if _, _, err := db.Plan(ctx, id); !errors.Is(err, models.ErrPlanned) {
			t.Errorf("second plan: %v; want nothing to do", err)
		}
		if shards, err := db.DueShards(ctx, 10); err != nil || len(shards) != 1 {
			t.Errorf("due shards = %v, %v; want one", shards, err)
		}
	})
}

func TestAnAlertWithoutReadersIsSentAtOnce(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		if alert, err := db.Alert(t.Context(), id); err != nil || alert.State != models.Sent || alert.FinishedAt == nil {
			t.Errorf("alert = %+v, %v; want sent", alert, err)
		}
	})
}

func TestAWorkerThatStopsInATransactionKeepsNobodyFromItsShard(t *testing.T) {
	stopsInATransaction(t, modelstest.Open(t, modelstest.Postgres), models.Options{})
}

func TestSoItIsInAPoolOfTransactions(t *testing.T) {
	db := modelstest.Open(t, modelstest.Postgres)
	stopsInATransaction(t, db, models.Options{URL: modelstest.Bouncer(t, db.URL, "transaction"), TransactionPooling: true})
}

func stopsInATransaction(t *testing.T, db *modelstest.DB, o models.Options) {
	t.Helper()
	db.Outage("messages-down", "messenger")
	db.Reader("outage/messages-down:all")
	id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID

	var stops atomic.Bool
	stopped, goesOn := make(chan struct{}), make(chan struct{})
	o.URL = cmp.Or(o.URL, db.URL)
	o.Now = func() time.Time {
		if stops.CompareAndSwap(true, false) {
			close(stopped)
			<-goesOn
		}
		return db.Clock.Now()
	}
	frozen, err := models.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer frozen.Close()
	store := *db
	store.Store = frozen
	claim := claimAll(t, &store, id)[0]
	page := readPages(t, &store, claim)[0]
	stops.Store(true) // in the transaction, at the time of the failure
	recorded := make(chan error, 1)
	go func() { recorded <- frozen.Record(t.Context(), claim, page, outcomes(page, ledger.Failed)) }()
	<-stopped

	heir := claimAll(t, db, id)[0]
	close(goesOn)
	if err := <-recorded; err == nil {
		t.Error("the worker that stopped recorded its page")
	}
	if heir.Shard.Position != 0 || heir.Shard.Failed != 0 {
		t.Errorf("the heir begins at %d, with %d failures; want nothing done", heir.Shard.Position, heir.Shard.Failed)
	}
}

func TestAWorkerThatLostItsShardWritesNothing(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		zombie := claimAll(t, db, id)[0]
		heir := claimAll(t, db, id)[0]

		page := readPages(t, db, zombie)[0]
		results := outcomes(page, ledger.Gone)
		if err := db.Record(ctx, zombie, page, results); !errors.Is(err, models.ErrFenced) {
			t.Fatalf("record by the zombie: %v; want fenced", err)
		}
		if err := db.Finish(ctx, zombie); !errors.Is(err, models.ErrFenced) {
			t.Errorf("finish by the zombie: %v; want fenced", err)
		}
		page = readPages(t, db, heir)[0]
		if len(page.Recipients) != 1 {
			t.Fatalf("the zombie's page deleted the reader")
		}
		if err := db.Record(ctx, heir, page, outcomes(page, ledger.Accepted)); err != nil {
			t.Fatal(err)
		}
		if err := db.Finish(ctx, heir); err != nil {
			t.Fatal(err)
		}
		counts := countsOf(t, db, id)
		if counts != (models.Counts{Audience: 1, Accepted: 1}) {
			t.Errorf("counts = %+v; want one accepted", counts)
		}
		if alert, err := db.Alert(ctx, id); err != nil || alert.State != models.Sent {
			t.Errorf("alert = %+v, %v; want sent", alert, err)
		}
	})
}

func TestARecordedPageMovesPositionCountsAndLedgerAndRetiresTheGone(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		var secrets []string
		for range 4 {
			_, secret := db.ReaderWithSecret(db.Browser(), "outage/messages-down:all")
			secrets = append(secrets, secret)
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		claim := claimAll(t, db, id)[0]
		page := readPages(t, db, claim)[0]
		results := outcomes(page, ledger.Accepted, ledger.Gone, ledger.Failed, ledger.Waiting)
		results[2].Status, results[2].Reason, results[2].KeyMismatch = 403, "credentials", true
		results[3].Due = modelstest.Start.Add(time.Minute)
		if err := db.Record(ctx, claim, page, results); err != nil {
			t.Fatal(err)
		}
		if counts := countsOf(t, db, id); counts != (models.Counts{Audience: 4, Accepted: 1, Gone: 1, Failed: 1, Waiting: 1}) {
			t.Errorf("counts = %+v", counts)
		}
		if sub, err := db.SubscriptionBySecret(ctx, secrets[1]); err != nil || sub.GoneAt == nil {
			t.Errorf("the gone reader = %+v, %v; want kept, without an address", sub, err)
		}
		if sub, err := db.SubscriptionBySecret(ctx, secrets[2]); err != nil || !sub.NeedsResubscribe {
			t.Errorf("the reader with another key = %+v, %v; want kept and marked", sub, err)
		}
		alert, err := db.Alert(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		failures, err := db.Failures(ctx, alert, 10)
		if err != nil || len(failures) != 1 || failures[0].PushHost != "fcm.googleapis.com" || failures[0].Status != 403 {
			t.Errorf("failures = %+v, %v", failures, err)
		}

		if err := db.RetryLater(ctx, claim); err != nil {
			t.Fatal(err)
		}
		if shards, err := db.DueShards(ctx, 10); err != nil || len(shards) != 0 {
			t.Errorf("due shards = %v, %v; want none yet", shards, err)
		}
		db.Clock.Advance(time.Minute)
		claim = claimAll(t, db, id)[0]
		if pages := readPages(t, db, claim); len(pages) != 0 {
			t.Errorf("a shard that was read to its end has %d more pages", len(pages))
		}
		var waiting []models.Recipient
		err = db.WaitingPages(ctx, claim, func(p models.Page) error {
			waiting = append(waiting, p.Recipients...)
			return db.Record(ctx, claim, p, outcomes(p, ledger.Accepted))
		})
		if err != nil || len(waiting) != 1 || waiting[0].ID != page.Recipients[3].ID {
			t.Errorf("waiting = %+v, %v; want the one", waiting, err)
		}
		if counts := countsOf(t, db, id); counts != (models.Counts{Audience: 4, Accepted: 2, Gone: 1, Failed: 1}) {
			t.Errorf("counts after the retry = %+v", counts)
		}
	})
}

func TestAStoppedAlertKeepsExactCountsAndEndsWhenItsShardsDo(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		id, claim, page := claimedPage(t, db)
		if err := db.StopAlert(ctx, id, "token desk"); err != nil {
			t.Fatal(err)
		}
		if err := db.StopAlert(ctx, id, "token desk"); !errors.Is(err, models.ErrConflict) {
			t.Errorf("second stop: %v; want a conflict", err)
		}
		if err := db.Record(ctx, claim, page, outcomes(page, ledger.Accepted)); err != nil {
			t.Fatalf("the page in flight: %v; want it recorded", err)
		}
		if !db.Ended(claim) {
			t.Error("the worker does not see the stop after its page")
		}
		if err := db.Finish(ctx, claim); err != nil {
			t.Fatal(err)
		}
		alert, err := db.Alert(ctx, id)
		if err != nil || alert.State != models.Stopped || alert.FinishedAt == nil {
			t.Errorf("alert = %+v, %v; want stopped and finished", alert, err)
		}
		if counts := countsOf(t, db, id); counts.Accepted != 1 {
			t.Errorf("counts = %+v; want the page in flight counted", counts)
		}
	})
}

func TestAHoldingAlertIsTakenBackBeforeAnyoneIsTold(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		id := db.PublishDraft(models.Draft{Outage: "messages-down"}).Alert.ID
		if err := db.StopAlert(ctx, id, "test"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := db.Plan(ctx, id); !errors.Is(err, models.ErrPlanned) {
			t.Errorf("plan: %v; want nothing to do", err)
		}
	})
}

func TestResolutionsAreOfferedFirst(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		db.PublishNow(models.Draft{Outage: "messages-down"})
		last := db.PublishNow(models.Draft{Outage: "messages-down", Kind: models.Resolution})
		shards, err := db.DueShards(t.Context(), 10)
		if err != nil || len(shards) != 2 || shards[0].AlertID != last.Alert.ID || !shards[0].Priority {
			t.Errorf("due shards = %+v, %v; want the resolution's first", shards, err)
		}
	})
}

// claimedPage publishes an alert to one reader and claims its only page.
func claimedPage(t *testing.T, db *modelstest.DB) (alertID int64, claim *models.Claim, page models.Page) {
	t.Helper()
	db.Outage("messages-down", "messenger")
	db.Reader("outage/messages-down:all")
	alertID = db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
	claim = claimAll(t, db, alertID)[0]
	return alertID, claim, readPages(t, db, claim)[0]
}

// claimAll claims every shard of an alert that is due, in order; owners there were
// are dead.
func claimAll(t *testing.T, db *modelstest.DB, alertID int64) (claims []*models.Claim) {
	t.Helper()
	ownersDie(t, db)
	shards, err := db.DueShards(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range shards {
		if shard.AlertID != alertID {
			continue
		}
		claim, err := db.Claim(t.Context(), shard.ID)
		if err != nil {
			t.Fatal(err)
		}
		claims = append(claims, claim)
	}
	slices.SortFunc(claims, func(a, b *models.Claim) int { return cmp.Compare(a.Shard.ID, b.Shard.ID) })
	return claims
}

func readPages(t *testing.T, db *modelstest.DB, claim *models.Claim) (read []models.Page) {
	t.Helper()
	pages := db.Pages(claim)
	for {
		page, err := pages.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return read
		}
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, page)
	}
}

// outcomes gives each recipient of a page one of the outcomes, in turn.
func outcomes(page models.Page, outcomes ...ledger.Outcome) []models.Result {
	results := make([]models.Result, len(page.Recipients))
	for i, r := range page.Recipients {
		results[i] = models.Result{Recipient: r, Outcome: outcomes[i%len(outcomes)]}
	}
	return results
}

func countsOf(t *testing.T, db *modelstest.DB, alertID int64) models.Counts {
	t.Helper()
	alert, err := db.Alert(t.Context(), alertID)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := db.Counts(t.Context(), alert)
	if err != nil {
		t.Fatal(err)
	}
	return counts
}
