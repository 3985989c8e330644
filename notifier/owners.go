package notifier

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"newsbell/models"
)

const (
	// lookEvery is how often a process reads the owners of all shards, and writes a
	// heartbeat to those of its own that nothing else has been written to since.
	lookEvery = 500 * time.Millisecond
	// lookWithin bounds that: a slower database counts as unavailable.
	lookWithin = 2 * time.Second
	// ownerSilence is how long an owner may be silent, while the database takes
	// writes, before its shard goes to another worker.
	ownerSilence = 3 * time.Second
	// wedgedAfter is how long a page may take before its worker writes no more
	// heartbeats, so that the shard goes to another. It is longer than any request.
	wedgedAfter = 30 * time.Second
)

// owners writes heartbeats to the shards that this process sends, and releases the shards
// of workers that have fallen silent. Only the rows say which workers are alive: a
// process that cannot write heartbeats is silent to all others, whatever else it is
// connected to. While no process can write, none is silent.
type owners struct {
	store   *models.Store
	enqueue func(context.Context, models.ShardRef) error
	log     *slog.Logger
	every   time.Duration
	silence time.Duration
	now     func() time.Time

	mu   sync.Mutex
	mine map[models.Fence]*ownShard

	// seen and answered are used by run only: the owned shards at the last look, and its
	// time; zero if the database failed.
	seen     map[models.Fence]seenShard
	answered time.Time
}

// ownShard is a shard that this process sends.
type ownShard struct {
	progress *atomic.Int64
	last     int64
	since    time.Time // when last changed
}

// seenShard is an owned shard, and how long its owner has been silent.
type seenShard struct {
	models.OwnedShard
	silent time.Duration
}

func newOwners(store *models.Store, enqueue func(context.Context, models.ShardRef) error, log *slog.Logger) *owners {
	return &owners{
		store: store, enqueue: enqueue, log: log, every: lookEvery, silence: ownerSilence, now: time.Now,
		mine: map[models.Fence]*ownShard{},
	}
}

// add starts the heartbeats of a claim, which go on while it makes progress; remove ends
// them.
func (o *owners) add(claim models.Fence, progress *atomic.Int64) (remove func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mine[claim] = &ownShard{progress: progress, last: progress.Load(), since: o.now()}
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.mine, claim)
	}
}

// run looks again and again until ctx ends.
func (o *owners) run(ctx context.Context) error {
	for {
		if err := pause(ctx, o.every); err != nil {
			return err
		}
		_ = o.round(ctx) // the planner logs that the database is unavailable
	}
}

// round looks once, and releases what it found.
func (o *owners) round(ctx context.Context) error {
	silent, err := o.look(ctx)
	for _, shard := range silent {
		o.release(ctx, shard)
	}
	return err
}

// look writes heartbeats, and returns the shards whose owners have been silent for too
// long. Only the time between two successful looks counts.
func (o *owners) look(ctx context.Context) (silent []models.OwnedShard, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	before := o.answered
	o.answered = time.Time{}
	shards, err := o.store.OwnedShards(ctx)
	if err != nil {
		return nil, err
	}
	mine, others := o.sort(shards)
	if len(mine)+len(others) > 0 {
		if err := o.store.Heartbeat(ctx, mine); err != nil {
			return nil, err
		}
	}
	o.answered = o.now()
	var passed time.Duration
	if !before.IsZero() {
		passed = min(o.answered.Sub(before), 2*o.every)
	}
	o.remember(shards, others, passed)
	for fence := range others {
		if shard := o.seen[fence]; shard.silent >= o.silence {
			silent = append(silent, shard.OwnedShard)
		}
	}
	return silent, nil
}

// sort returns this process's shards that need a heartbeat, and the shards of others.
func (o *owners) sort(shards []models.OwnedShard) (mine []models.Fence, others map[models.Fence]bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	others = map[models.Fence]bool{}
	for _, shard := range shards {
		fence := shard.Fence()
		own, ok := o.mine[fence]
		switch {
		case !ok || own.isWedged(now):
			others[fence] = true
		case o.seen[fence].Heartbeat == shard.Heartbeat: // nothing has been recorded since
			mine = append(mine, fence)
		}
	}
	return mine, others
}

// remember keeps what was seen. Owners of other processes without a new heartbeat have been
// silent for the time that passed.
func (o *owners) remember(shards []models.OwnedShard, others map[models.Fence]bool, passed time.Duration) {
	seen := make(map[models.Fence]seenShard, len(shards))
	for _, shard := range shards {
		now := seenShard{OwnedShard: shard}
		last, known := o.seen[shard.Fence()]
		if known && others[shard.Fence()] && last.Heartbeat == shard.Heartbeat {
			now.silent = last.silent + passed
		}
		seen[shard.Fence()] = now
	}
	o.seen = seen
}

// release takes a shard from its owner, and enqueues it.
func (o *owners) release(ctx context.Context, shard models.OwnedShard) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	released, err := o.store.ReleaseSilent(ctx, shard)
	if err != nil {
		o.log.Warn("a shard whose worker is silent was not released; trying again", "shard", shard.ID, "error", err)
	}
	if !released {
		return
	}
	o.log.Warn("the worker of a shard has fallen silent; another takes the shard", "shard", shard.ID)
	_ = o.enqueue(ctx, shard.ShardRef) // if that fails, the sweeper does it
}

func (s *ownShard) isWedged(now time.Time) bool {
	if progress := s.progress.Load(); progress != s.last {
		s.last, s.since = progress, now
	}
	return now.Sub(s.since) >= wedgedAfter
}
