package models_test

import (
	"context"
	"errors"
	"testing"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestAShardIsOwnedUntilItsOwnerLeavesOrFallsSilent(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		id, claim := claimedShard(t, db)
		isOwned := func(when string) {
			t.Helper()
			if _, err := db.Claim(ctx, claim.Shard.ID); !errors.Is(err, models.ErrOwned) {
				t.Errorf("a second claim %s: %v; want it refused", when, err)
			}
			if due, err := db.DueShards(ctx, 10); err != nil || len(due) != 0 {
				t.Errorf("due %s: %+v, %v; want nothing", when, due, err)
			}
		}
		isOwned("of a shard with an owner")
		before := ownedShard(t, db)
		if err := db.Heartbeat(ctx, []models.Fence{claim.Fence()}); err != nil {
			t.Fatal(err)
		}
		if released, err := db.ReleaseSilent(ctx, before); err != nil || released {
			t.Errorf("released %v, %v; want the owner's heartbeat respected", released, err)
		}
		isOwned("after a heartbeat")
		if shards, err := db.Shards(ctx, id); err != nil || shards[0].Epoch != 1 {
			t.Errorf("shards = %+v, %v; want the epoch of the first claim", shards, err)
		}
		if released, err := db.ReleaseSilent(ctx, ownedShard(t, db)); err != nil || !released {
			t.Errorf("released %v, %v; want a silent owner's shard free", released, err)
		}
		if due, err := db.DueShards(ctx, 10); err != nil || len(due) != 1 || !due[0].Begun {
			t.Errorf("due = %+v, %v; want the shard, as one that was begun", due, err)
		}
	})
}

func TestAnOwnerThatWakesUpBeforeAnotherClaimsRecordsItsPageAndOwnsTheShardAgain(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{PageSize: 1}, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		for range 2 {
			db.Reader("outage/messages-down:all")
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		claim := claimAll(t, db, id)[0]
		page := 0
		err := db.Deliver(ctx, claim, models.Delivery{
			Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
				if page++; page == 1 { // it falls silent
					ownersDie(t, db)
					if err := db.Heartbeat(ctx, []models.Fence{claim.Fence()}); err != nil {
						t.Error(err)
					}
					if owned, err := db.OwnedShards(ctx); err != nil || len(owned) != 0 {
						t.Errorf("owned = %+v, %v; a heartbeat alone must not take a shard back", owned, err)
					}
				} else if _, err := db.Claim(ctx, claim.Shard.ID); !errors.Is(err, models.ErrOwned) {
					t.Errorf("claim after the record: %v; want it refused", err)
				}
				return outcomes(recipients, ledger.Accepted), nil
			},
		})
		if err != nil || page != 2 {
			t.Errorf("deliver: %v after %d pages; want both", err, page)
		}
		if counts := countsOf(t, db, id); counts.Accepted != 2 {
			t.Errorf("counts = %+v; want both pages", counts)
		}
	})
}

func TestAShardThatWasClaimedInVainHasNoOwner(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		db.PublishNow(models.Draft{Outage: "messages-down"})
		due, err := db.DueShards(ctx, 10)
		if err != nil || len(due) != 1 {
			t.Fatalf("due = %+v, %v; want the shard", due, err)
		}
		db.Exec("UPDATE alerts SET planned_at = NULL") // so that a claim counts the subscriptions
		db.Exec("ALTER TABLE subscriptions RENAME TO subscriptions_2")
		if _, err := db.Claim(ctx, due[0].ID); err == nil {
			t.Fatal("claimed without the subscriptions")
		}
		db.Exec("ALTER TABLE subscriptions_2 RENAME TO subscriptions")
		if _, err := db.Claim(ctx, due[0].ID); err != nil {
			t.Errorf("claim afterwards: %v; want the shard free", err)
		}
	})
}

func TestAPageWhoseCommitWasNotAnsweredIsRecordedOnce(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		for range 3 {
			db.Reader("outage/messages-down:all")
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		claim := claimAll(t, db, id)[0]
		write := db.NoteFirstPage(ctx, claim, send(ledger.Accepted, ledger.Failed))
		if err := write(ctx); err != nil {
			t.Fatal(err)
		}
		if err := db.StopAlert(ctx, id, "test"); err != nil {
			t.Fatal(err)
		}
		if err := write(ctx); err != nil {
			t.Fatalf("record again: %v", err)
		}
		if counts := countsOf(t, db, id); counts.Accepted != 2 || counts.Failed != 1 || db.Count("failures") != 1 {
			t.Errorf("counts = %+v with %d failures; want the page once", counts, db.Count("failures"))
		}
		if claim.Alert.State != models.Stopped {
			t.Error("the worker does not see the stop")
		}
		claimAll(t, db, id)
		if err := write(ctx); !errors.Is(err, models.ErrFenced) {
			t.Errorf("record again after another's claim: %v; want fenced", err)
		}
	})
}

func TestShardsThatWereBegunAreEnqueuedBeforeNewOnes(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{ShardSize: 2, PageSize: 1}, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		for range 6 {
			db.Reader("outage/messages-down:all")
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		last := claimAll(t, db, id)[2]
		ownersDie(t, db)
		if err := db.Release(ctx, last.Fence()); err != nil {
			t.Fatal(err)
		}
		db.Exec("UPDATE shards SET epoch = 0 WHERE id <> ?", last.Shard.ID)
		due, err := db.DueShards(ctx, 10)
		if err != nil || len(due) != 3 || due[0].ID != last.Shard.ID || !due[0].Begun || due[1].Begun {
			t.Errorf("due = %+v, %v; want shard %d first", due, err, last.Shard.ID)
		}
	})
}

// ownersDie releases all owned shards, as other workers do when their owners have
// been silent for long.
func ownersDie(t *testing.T, db *modelstest.DB) {
	t.Helper()
	owned, err := db.OwnedShards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range owned {
		if _, err := db.ReleaseSilent(t.Context(), shard); err != nil {
			t.Fatal(err)
		}
	}
}

// ownedShard is the only shard that has an owner.
func ownedShard(t *testing.T, db *modelstest.DB) models.OwnedShard {
	t.Helper()
	owned, err := db.OwnedShards(t.Context())
	if err != nil || len(owned) != 1 {
		t.Fatalf("owned = %+v, %v; want one", owned, err)
	}
	return owned[0]
}
