package notifier

import (
	"context"
	"time"
)

// expire deletes the subscriptions whose address has been gone for the grace period, as
// often as the planner cleans up, but in a goroutine of its own: no alert waits for it.
func (n *Notifier) expire(ctx context.Context) error {
	ticker := time.NewTicker(tidyEvery * n.sweep)
	defer ticker.Stop()
	for {
		expired, err := n.store.ExpireSubscriptions(ctx)
		if err != nil && ctx.Err() == nil {
			n.log.Error("subscriptions without an address were not deleted; trying again", "error", err)
		}
		if expired > 0 {
			n.log.Info("deleted subscriptions whose address has been gone for the grace period", "subscriptions", expired)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
