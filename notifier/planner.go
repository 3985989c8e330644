package notifier

import (
	"context"
	"errors"
	"time"

	"newsbell/models"
)

const (
	// maxOffers bounds one sweep; the next one offers the rest.
	maxOffers = 10_000
	// retireEvery is how many sweeps pass between two looks for keys that
	// nobody needs any more.
	retireEvery = 60
)

// plan plans alerts when they are published and, as the sweeper, whenever it
// is time: it finds what lost messages, lost workers and restarts have left.
func (n *Notifier) plan(ctx context.Context) error {
	ticker := time.NewTicker(n.sweep)
	defer ticker.Stop()
	for sweep := 0; ; sweep++ {
		if sweep%retireEvery == 0 {
			n.retireKeys(ctx)
		}
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

// sweepOnce plans what is due, offers every due shard, and ends the alerts
// that have none left.
func (n *Notifier) sweepOnce(ctx context.Context) error {
	alerts, err := n.store.UnplannedAlerts(ctx)
	if err != nil {
		return err
	}
	for _, id := range alerts {
		if err := n.store.Plan(ctx, id); err != nil && !errors.Is(err, models.ErrFinished) {
			n.log.Error("plan failed; trying again", "alert", id, "error", err)
		}
	}
	shards, err := n.store.DueShards(ctx, maxOffers)
	if err != nil {
		return err
	}
	for _, shard := range shards {
		if err := n.queue.offer(ctx, shard); err != nil {
			// A queue that came back empty has lost its stream too.
			return errors.Join(err, n.queue.tryPrepare(ctx))
		}
	}
	return n.store.FinishAlerts(ctx)
}
