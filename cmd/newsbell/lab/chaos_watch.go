package lab

import (
	"context"
	"fmt"
	"time"

	"newsbell/models"
)

const (
	watchShardsEvery = 25 * time.Millisecond
	// alertTimeout is how long an alert may take, and silenceTimeout how long the database
	// may not answer.
	alertTimeout   = 20 * time.Minute
	silenceTimeout = 30 * time.Second
)

// shardWatch watches an alert's shards until the alert has ended. When a fifth of the
// readers have been tried it injects the fault, and measures how long the shards in progress
// take to continue.
type shardWatch struct {
	fleet    *chaosFleet
	alertID  int64
	fault    fault
	progress func(tried int)

	inFlight  map[int64]*shardInProgress // in progress when the fault was injected
	since     time.Time
	repaired  chan error
	most      time.Time // when 99 of 100 had been tried
	tried     int
	takeovers int
	// triedBefore is the number of readers that had been tried at the end of a cut, and
	// resumed the time from then until the next one.
	triedBefore int
	resumed     time.Duration
}

// shardInProgress is a shard that was in progress when the fault was injected.
type shardInProgress struct {
	models.Shard
	// moved is the time until its cursor moved; taken, until a worker took it over.
	moved, taken time.Duration
}

// untilEnded waits until the alert has ended and the fault is repaired.
func (w *shardWatch) untilEnded(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, alertTimeout)
	defer cancel()
	heard := time.Now()
	for {
		ended, err := w.look(ctx)
		if err == nil {
			heard = time.Now()
		} else if time.Since(heard) > silenceTimeout {
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

// look checks the shards once.
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
		if progressing := w.inFlight[shard.ID]; progressing != nil {
			progressing.look(shard, now.Sub(w.since))
		}
	}
	if w.fault.isCut() && w.inFlight != nil && w.resumed == 0 && w.tried > w.triedBefore {
		w.resumed = now.Sub(w.since)
	}
	w.progress(w.tried)
	if w.most.IsZero() && alert.PlannedAt != nil && 100*w.tried >= 99*alert.Audience {
		w.most = now
	}
	if progressing := inProgress(shards); w.inFlight == nil && alert.PlannedAt != nil && 5*w.tried >= alert.Audience && len(progressing) > 0 {
		w.inFlight = progressing
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

func inProgress(shards []models.Shard) map[int64]*shardInProgress {
	progressing := map[int64]*shardInProgress{}
	for _, shard := range shards {
		if shard.Epoch > 0 && !shard.Done {
			progressing[shard.ID] = &shardInProgress{Shard: shard}
		}
	}
	return progressing
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

// cutOff cuts a server off for a while. Meanwhile, writes may be committed whose responses
// are lost, so it looks at the shards in progress again before it heals the network.
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
	w.inFlight, w.triedBefore, w.since = inProgress(shards), w.tried, time.Now()
	return firewall.Heal(ctx)
}

func (h *shardInProgress) look(now models.Shard, after time.Duration) {
	if h.taken == 0 && now.Epoch > h.Epoch {
		h.taken = after
	}
	if h.moved == 0 && (now.Position > h.Position || now.Done) {
		h.moved = after
	}
}

// wentOn returns the number of shards in progress that continued, and the time of the last
// one: until it was taken over, or its own worker continued. After a cut, the first reader
// that is tried counts too, because NATS is not needed to finish shards in progress.
func (w *shardWatch) wentOn() (shards int, last time.Duration) {
	for _, h := range w.inFlight {
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
