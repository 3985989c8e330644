package notifier

import (
	"context"
	"time"
)

// endFollows ends the follows of outages that are over, as often as the planner cleans up,
// but in a goroutine of its own: an alert must not wait for a million of them.
func (n *Notifier) endFollows(ctx context.Context) error {
	ticker := time.NewTicker(tidyEvery * n.sweep)
	defer ticker.Stop()
	for {
		ended, err := n.store.EndFollows(ctx)
		if err != nil && ctx.Err() == nil {
			n.log.Error("follows of outages that are over were not ended; trying again", "error", err)
		}
		if ended > 0 {
			n.log.Info("ended follows of outages that are over", "follows", ended)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
