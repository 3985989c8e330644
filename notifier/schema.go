package notifier

import (
	"context"
	"errors"
	"time"

	"newsbell/models"
)

// watchSchema returns an error when a newer release has migrated the database: what this
// one writes may mean something else by now.
func (n *Notifier) watchSchema(ctx context.Context) error {
	ticker := time.NewTicker(n.sweep)
	defer ticker.Stop()
	for {
		if err := n.store.CheckSchema(ctx); errors.Is(err, models.ErrNewerSchema) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// standAside leaves the work to newer processes until ctx ends.
func (n *Notifier) standAside(ctx context.Context, cause error) error {
	n.log.Error("this process takes no work any more", "error", cause)
	<-ctx.Done()
	return nil
}
