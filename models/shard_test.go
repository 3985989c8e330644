package models_test

import (
	"cmp"
	"context"
	"errors"
	"net/url"
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

func TestAWorkerThatStopsInATransactionKeepsNoOtherFromItsShard(t *testing.T) {
	stopsInATransaction(t, modelstest.Open(t, modelstest.Postgres), models.Options{})
}

func TestAWorkerThatStopsInAPooledTransactionKeepsNoOtherFromItsShard(t *testing.T) {
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
	o.URL = withParameter(t, cmp.Or(o.URL, db.URL), "idle_in_transaction_session_timeout", "300")
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
	write := frozen.NoteFirstPage(t.Context(), claim, send(ledger.Failed))
	stops.Store(true) // in the transaction, at the time of the failure
	recorded := make(chan error, 1)
	go func() { recorded <- write(t.Context()) }()
	<-stopped

	var claims []*models.Claim
	for claims == nil { // until PostgreSQL has ended the session that keeps the lock
		claims = claimAll(t, db, id)
	}
	next := claims[0]
	close(goesOn)
	if err := <-recorded; err == nil {
		t.Error("the worker that stopped recorded its page")
	}
	if next.Shard.Position != 0 || next.Shard.Failed != 0 {
		t.Errorf("the next worker begins at %d, with %d failures; want nothing done", next.Shard.Position, next.Shard.Failed)
	}
}

// withParameter returns a database's URL with another parameter.
func withParameter(t *testing.T, databaseURL, name, value string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set(name, value)
	u.RawQuery = query.Encode()
	return u.String()
}

func TestAWorkerThatLostItsShardWritesNothing(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		id, fenced := claimedShard(t, db)
		owner := claimAll(t, db, id)[0]
		for _, when := range []string{"a page", "the end of the shard"} {
			if err := db.Deliver(ctx, fenced, models.Delivery{Send: send(ledger.Gone)}); !errors.Is(err, models.ErrFenced) {
				t.Errorf("%s recorded by the fenced worker: %v; want fenced", when, err)
			}
		}
		if pages := deliver(t, db, owner, ledger.Accepted); len(pages) != 1 || len(pages[0].readers) != 1 {
			t.Fatalf("pages = %+v; the fenced worker's page retired the address", pages)
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
		var waiting int64
		for range 4 {
			sub, secret := db.ReaderWithSecret(db.Browser(), "outage/messages-down:all")
			secrets, waiting = append(secrets, secret), sub.ID
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		err := db.Deliver(ctx, claimAll(t, db, id)[0], models.Delivery{
			Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
				results := outcomes(recipients, ledger.Accepted, ledger.Gone, ledger.Failed, ledger.Waiting)
				results[2].Status, results[2].Reason, results[2].KeyMismatch = 403, "credentials", true
				results[3].Due = modelstest.Start.Add(time.Minute)
				return results, nil
			},
		})
		if err != nil {
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

		if shards, err := db.DueShards(ctx, 10); err != nil || len(shards) != 0 {
			t.Errorf("due shards = %v, %v; want none yet", shards, err)
		}
		db.Clock.Advance(time.Minute)
		pages := deliver(t, db, claimAll(t, db, id)[0], ledger.Accepted)
		if len(pages) != 1 || !slices.Equal(pages[0].readers, []int64{waiting}) {
			t.Errorf("retried %+v; want only reader %d", pages, waiting)
		}
		if counts := countsOf(t, db, id); counts != (models.Counts{Audience: 4, Accepted: 2, Gone: 1, Failed: 1}) {
			t.Errorf("counts after the retry = %+v", counts)
		}
	})
}

func TestAStoppedAlertKeepsExactCountsAndEndsWhenItsShardsDo(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{PageSize: 1}, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		for range 3 {
			db.Reader("outage/messages-down:all")
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		err := db.Deliver(ctx, claimAll(t, db, id)[0], models.Delivery{
			Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
				if err := db.StopAlert(ctx, id, "token desk"); err != nil {
					t.Errorf("stop: %v", err)
				}
				if err := db.StopAlert(ctx, id, "token desk"); !errors.Is(err, models.ErrConflict) {
					t.Errorf("second stop: %v; want a conflict", err)
				}
				return outcomes(recipients, ledger.Accepted), nil
			},
		})
		if err != nil {
			t.Fatalf("the page in flight: %v; want it recorded", err)
		}
		alert, err := db.Alert(ctx, id)
		if err != nil || alert.State != models.Stopped || alert.FinishedAt == nil {
			t.Errorf("alert = %+v, %v; want stopped and finished", alert, err)
		}
		if counts := countsOf(t, db, id); counts.Accepted != 1 || counts.Remaining() != 2 {
			t.Errorf("counts = %+v; want the page in flight counted, and no page after it", counts)
		}
	})
}

func TestAnAlertIsTakenBackInItsUndoWindowBeforeItIsSent(t *testing.T) {
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

func TestResolutionsAreDueFirst(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		db.PublishNow(models.Draft{Outage: "messages-down"})
		last := db.PublishNow(models.Draft{Outage: "messages-down", Kind: models.Resolution})
		due, err := db.DueShards(t.Context(), 10)
		if err != nil || len(due) != 2 || due[0].ID != shardOf(t, db, last.Alert.ID).ID || !due[0].Priority {
			t.Errorf("due shards = %+v, %v; want the resolution's first", due, err)
		}
	})
}

// shardOf returns an alert's only shard.
func shardOf(t testing.TB, db *modelstest.DB, alertID int64) models.Shard {
	t.Helper()
	shards, err := db.Shards(t.Context(), alertID)
	if err != nil || len(shards) != 1 {
		t.Fatalf("shards = %+v, %v; want one", shards, err)
	}
	return shards[0]
}

// claimAll claims every shard of an alert that is due, in order; the owners that there
// were are dead.
func claimAll(t *testing.T, db *modelstest.DB, alertID int64) (claims []*models.Claim) {
	t.Helper()
	ownersDie(t, db)
	due, err := db.DueShards(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	shards, err := db.Shards(t.Context(), alertID)
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range shards {
		if !slices.ContainsFunc(due, func(ref models.ShardRef) bool { return ref.ID == shard.ID }) {
			continue
		}
		claim, err := db.Claim(t.Context(), shard.ID)
		if err != nil {
			t.Fatal(err)
		}
		claims = append(claims, claim)
	}
	return claims
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
	sum := models.Counts{Audience: alert.Audience, Shown: counts.Shown, Clicked: counts.Clicked, Dismissed: counts.Dismissed}
	for _, row := range alertCounts(t, db, alertID) {
		sum = sum.Plus(models.Counts{Accepted: row.Accepted, Gone: row.Gone, Failed: row.Failed, Waiting: row.Waiting, Deferred: row.Deferred})
	}
	if sum != counts {
		t.Errorf("the counts by interval add up to %+v, those of the shards to %+v", sum, counts)
	}
	return counts
}
