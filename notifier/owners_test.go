package notifier

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
	"newsbell/models/sqlitetest"
)

// watch is one process's look at owners, at a pace that the test sets.
type watch struct {
	*owners
	t        *testing.T
	clock    *modelstest.Clock
	enqueued []models.ShardRef
}

func newWatch(t *testing.T, store *models.Store) *watch {
	w := &watch{t: t, clock: &modelstest.Clock{}}
	w.clock.Advance(24 * time.Hour)
	w.owners = newOwners(store, func(_ context.Context, shard models.ShardRef) error {
		w.enqueued = append(w.enqueued, shard)
		return nil
	}, slog.New(slog.DiscardHandler))
	w.now = w.clock.Now
	return w
}

// looks looks so often, as often as it would.
func (w *watch) looks(times int) {
	w.t.Helper()
	for range times {
		w.clock.Advance(w.every)
		if err := w.round(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// silentLooks is how many looks it takes to find an owner silent.
const silentLooks = 1 + int(ownerSilence/lookEvery)

func TestAShardGoesOnWhenItsOwnerHasBeenSilentForLong(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		claim := n.claimOne()
		w := newWatch(t, n.Store)
		w.looks(silentLooks - 1)
		if len(w.enqueued) != 0 {
			t.Fatalf("enqueued %+v too early", w.enqueued)
		}
		w.looks(1)
		if len(w.enqueued) != 1 || w.enqueued[0] != claim.Ref() {
			t.Fatalf("enqueued %+v; want the shard, as one that was begun", w.enqueued)
		}
		if _, err := n.Claim(t.Context(), claim.Shard.ID); err != nil {
			t.Errorf("claim: %v", err)
		}
	})
}

func TestAnOwnerKeepsItsShardByHeartbeatsAsLongAsItMakesProgress(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		claim := n.claimOne()
		owner, other := newWatch(t, n.Store), newWatch(t, n.Store)
		var progress atomic.Int64
		defer owner.add(claim.Fence(), &progress)()
		for range 10 * silentLooks {
			progress.Add(1)
			owner.looks(1)
			other.looks(1)
		}
		if len(owner.enqueued)+len(other.enqueued) != 0 {
			t.Fatalf("an owner that is alive lost its shard: %+v, %+v", owner.enqueued, other.enqueued)
		}
		owner.clock.Advance(wedgedAfter)
		owner.looks(silentLooks)
		other.looks(silentLooks)
		if len(owner.enqueued)+len(other.enqueued) != 1 {
			t.Errorf("enqueued %+v and %+v; want what is wedged once", owner.enqueued, other.enqueued)
		}
	})
}

func TestNoOwnerIsSilentWhileTheDatabaseTakesNoWrites(t *testing.T) {
	n := newInstallation(t, modelstest.SQLite)
	n.stop()
	n.openAgain(models.Options{BusyTimeout: time.Millisecond})
	claim := n.claimOne()
	w := newWatch(t, n.Store)
	w.looks(silentLooks - 1)
	unlock, err := sqlitetest.Lock(t.Context(), n.URL)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 * silentLooks {
		w.clock.Advance(w.every)
		if err := w.round(t.Context()); err == nil {
			t.Fatal("the look did not notice that nobody can write")
		}
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	w.looks(1)
	if len(w.enqueued) != 0 {
		t.Fatalf("enqueued %+v; want the owner to have its moment", w.enqueued)
	}
	if err := n.Heartbeat(t.Context(), []models.Fence{claim.Fence()}); err != nil {
		t.Fatal(err)
	}
	w.looks(silentLooks - 1)
	if len(w.enqueued) != 0 {
		t.Fatalf("enqueued %+v soon after a heartbeat", w.enqueued)
	}
	w.looks(1)
	if len(w.enqueued) != 1 {
		t.Errorf("enqueued %+v; want the shard of an owner that said nothing since", w.enqueued)
	}
}

// claimOne publishes an alert to one reader and claims its shard, as a worker does
// that then says no more.
func (n *installation) claimOne() *models.Claim {
	n.t.Helper()
	n.reader(everything)
	id := n.publish(models.Draft{})
	n.PlanAll(id)
	shards, err := n.Shards(n.t.Context(), id)
	if err != nil {
		n.t.Fatal(err)
	}
	claim, err := n.Claim(n.t.Context(), shards[len(shards)-1].ID)
	if err != nil {
		n.t.Fatal(err)
	}
	return claim
}

// openAgain gives the installation another store of its database, before it starts.
func (n *installation) openAgain(o models.Options) {
	n.t.Helper()
	n.openAgainAt(n.URL, o)
}

// openAgainAt is openAgain by another address.
func (n *installation) openAgainAt(url string, o models.Options) {
	n.t.Helper()
	o.URL, o.Now, o.PushHosts, o.ShardSize, o.PageSize = url, n.Clock.Now, n.hosts, 5*pageSize, pageSize
	store, err := models.Open(n.t.Context(), o)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = store.Close() })
	db := *n.DB
	db.Store = store
	n.DB = &db
}
