package lab

import (
	"context"
	"fmt"
	"time"

	"newsbell/models"
)

const (
	watchShardsEvery = 10 * time.Millisecond
	// alertPatience is how long an alert of the chaos may take, and
	// silencePatience how long the database may not answer.
	alertPatience   = 20 * time.Minute
	silencePatience = 30 * time.Second
)

// shardWatch looks at an alert's shards until the alert has ended. When a fifth
// of the readers have been tried it injects, and measures how long the shards
// that were in progress take to go on.
type shardWatch struct {
	fleet    *chaosFleet
	alertID  int64
	fault    fault
	progress func(tried int)

	held      map[int64]*heldShard // in progress when it struck
	since     time.Time
	repaired  chan error
	most      time.Time // when 99 of 100 had been tried
	tried     int
	takeovers int
	// triedBefore is how many had been tried when lost packets passed again, and
	// resumed how long after that it was one more.
	triedBefore int
	resumed     time.Duration
}

// heldShard is a shard that was in progress.
type heldShard struct {
	models.Shard
	// moved is when it had come further; taken when a worker took it over.
	moved, taken time.Duration
}

// untilEnded returns when the alert has ended and what was broken is repaired.
func (w *shardWatch) untilEnded(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, alertPatience)
	defer cancel()
	heard := time.Now()
	for {
		ended, err := w.look(ctx)
		if err == nil {
			heard = time.Now()
		} else if time.Since(heard) > silencePatience {
			return err
		}
		if ended {
			break
		}
		if err := pause(ctx, watchShardsEvery); err != nil {
			return fmt.Errorf("alert %d: %w", w.alertID, err)
		}
	}
	if w.repaired == nil {
		return nil
	}
	return <-w.repaired
}

// look looks once.
func (w *shardWatch) look(ctx context.Context) (ended bool, err error) {
	now := time.Now()
	alert, err := w.fleet.store.Alert(ctx, w.alertID)
	if err != nil {
		return false, err
	}
	shards, err := w.fleet.store.Shards(ctx, w.alertID) // later: all are done if it has ended
	if err != nil {
		return false, err
	}
	w.count(shards)
	for _, shard := range shards {
		if held := w.held[shard.ID]; held != nil {
			held.look(shard, now.Sub(w.since))
		}
	}
	if w.fault.isCut() && w.held != nil && w.resumed == 0 && w.tried > w.triedBefore {
		w.resumed = now.Sub(w.since)
	}
	w.progress(w.tried)
	if w.most.IsZero() && alert.PlannedAt != nil && 100*w.tried >= 99*alert.Audience {
		w.most = now
	}
	if held := inProgress(shards); w.held == nil && alert.PlannedAt != nil && 5*w.tried >= alert.Audience && len(held) > 0 {
		w.held = held
		if err := w.inject(ctx); err != nil {
			return false, err
		}
	}
	return alert.FinishedAt != nil, nil
}

func (w *shardWatch) count(shards []models.Shard) {
	w.tried, w.takeovers = 0, 0
	for _, shard := range shards {
		w.tried += shard.Accepted + shard.Gone + shard.Failed
		w.takeovers += int(max(0, shard.Epoch-1))
	}
}

func inProgress(shards []models.Shard) map[int64]*heldShard {
	held := map[int64]*heldShard{}
	for _, shard := range shards {
		if shard.Epoch > 0 && !shard.Done {
			held[shard.ID] = &heldShard{Shard: shard}
		}
	}
	return held
}

func (w *shardWatch) inject(ctx context.Context) (err error) {
	w.since = time.Now()
	if w.fault.inject != nil {
		if w.since, err = w.fault.inject(ctx, w.fleet); err != nil {
			return fmt.Errorf("inject: %w", err)
		}
	}
	if w.fault.isCut() {
		return w.cutOff(ctx, *w.fault.network)
	}
	if w.fault.repair != nil {
		w.repaired = make(chan error, 1)
		go func() { w.repaired <- w.fault.repair(ctx, w.fleet) }()
	}
	return nil
}

// cutOff cuts a server off for a while. Shards may come further meanwhile, whose
// answers alone are lost: it looks again at what is in progress before it heals.
func (w *shardWatch) cutOff(ctx context.Context, fault networkFault) error {
	firewall := w.fleet.firewalls[fault.server]
	if err := firewall.Cut(ctx); err != nil {
		return err
	}
	if err := pause(ctx, fault.cutFor); err != nil {
		return err
	}
	shards, err := w.fleet.store.Shards(ctx, w.alertID)
	if err != nil {
		return err
	}
	w.count(shards)
	w.held, w.triedBefore, w.since = inProgress(shards), w.tried, time.Now()
	return firewall.Heal(ctx)
}

func (h *heldShard) look(now models.Shard, after time.Duration) {
	if h.taken == 0 && now.Epoch > h.Epoch {
		h.taken = after
	}
	if h.moved == 0 && (now.Position > h.Position || now.Done) {
		h.moved = after
	}
}

// wentOn is how many of the shards in progress went on, and how long the last
// of them took: until it was taken over, or by its own worker. After a cut, the
// first to be tried counts too: NATS is not needed to end what is in progress.
func (w *shardWatch) wentOn() (shards int, last time.Duration) {
	for _, h := range w.held {
		after := h.taken
		if after == 0 {
			after = h.moved
		}
		if after != 0 {
			shards++
		}
		last = max(last, after)
	}
	return shards, max(last, w.resumed)
}
