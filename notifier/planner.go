package notifier

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"newsbell/models"
	"newsbell/models/events"
)

const (
	// maxEnqueued bounds one sweep; the next one enqueues the rest.
	maxEnqueued = 10_000
	// tidyEvery is how many sweeps there are between two clean-ups of what changes
	// slowly: unused keys, the push services in use.
	tidyEvery = 60
)

// plan plans alerts when they are published. It is the sweeper too: at each interval it
// finds what lost messages, lost workers and restarts have left.
func (n *Notifier) plan(ctx context.Context) error {
	ticker := time.NewTicker(n.sweep)
	defer ticker.Stop()
	for sweep := 0; ; sweep++ {
		if sweep%tidyEvery == 0 {
			n.retireKeys(ctx)
			n.findOrigins(ctx)
		}
		n.warmUp()
		if err := n.sweepOnce(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("sweep failed; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-n.published:
		case <-ticker.C:
		}
	}
}

func (n *Notifier) retireKeys(ctx context.Context) {
	keys, err := n.store.RetireVAPIDKeys(ctx)
	if err != nil && ctx.Err() == nil {
		n.log.Error("keys were not retired; trying again", "error", err)
	}
	for _, key := range keys {
		n.log.Info("retired a VAPID key that no subscription is bound to", "id", key.ID, "public_key", key.PublicKey)
	}
}

func (n *Notifier) findOrigins(ctx context.Context) {
	origins, err := n.store.PushOrigins(ctx)
	if err != nil {
		return // then the first push of an alert takes longer
	}
	n.origins = origins
}

// warmUp connects to the push services in use, so that no alert waits for it.
func (n *Notifier) warmUp() {
	if n.warm == nil {
		return
	}
	for _, origin := range n.origins {
		n.warm(origin)
	}
}

// sweepOnce ends undo windows, plans what is due, ends the pilots that are over, enqueues
// every due shard, opens the catch-ups that are due, and ends the alerts whose shards are
// all done.
func (n *Notifier) sweepOnce(ctx context.Context) error {
	if err := n.endUndoWindows(ctx); err != nil {
		return err
	}
	if err := errors.Join(n.planAlerts(ctx), n.store.EndPilots(ctx)); err != nil {
		return err
	}
	shards, err := n.store.DueShards(ctx, maxEnqueued)
	if err != nil {
		return err
	}
	if err := n.enqueue(ctx, shards); err != nil {
		return err
	}
	return errors.Join(n.store.OpenCatchUps(ctx), n.store.FinishAlerts(ctx))
}

// endUndoWindows makes the updates whose undo window has ended visible, also on open pages.
func (n *Notifier) endUndoWindows(ctx context.Context) error {
	begun, err := n.store.EndUndoWindows(ctx)
	for _, alert := range begun {
		n.announce(alert)
	}
	return err
}

// announce tells every web process that an alert's update is visible. If the message is
// lost, their next sweep finds it.
func (n *Notifier) announce(alert models.Alert) {
	event, err := json.Marshal(events.UpdateEvent{
		Outage: alert.Outage.Slug, UpdateID: alert.UpdateID, Position: *alert.Update.Position,
	})
	if err == nil {
		err = n.queue.conn.Publish(events.SubjectUpdates, event)
	}
	if err != nil {
		n.log.Warn("cannot announce an update; a sweep will find it", "error", err)
	}
}

// planAlerts makes one step of each alert's plan, the most urgent first, until all are done.
// The shards of a step are enqueued at once.
func (n *Notifier) planAlerts(ctx context.Context) error {
	for {
		alerts, err := n.store.UnplannedAlerts(ctx)
		if err != nil || len(alerts) == 0 {
			return err
		}
		for _, id := range alerts {
			shards, _, err := n.store.Plan(ctx, id)
			if errors.Is(err, models.ErrPlanned) {
				continue // another worker has made the step, or the alert was stopped
			}
			if err == nil {
				err = n.enqueue(ctx, shards)
			}
			if err != nil {
				return err
			}
			n.announceProgress(id)
		}
	}
}

func (n *Notifier) enqueue(ctx context.Context, shards []models.ShardRef) error {
	for _, shard := range shards {
		if err := n.queue.enqueue(ctx, shard); err != nil {
			// A queue that was lost has lost its stream too.
			return errors.Join(err, n.queue.tryPrepare(ctx))
		}
	}
	return nil
}
