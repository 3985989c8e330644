package program

import (
	"context"
	"io"
	"time"

	"newsbell/models"
)

const (
	firstRetry = 250 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// awaitStore is openStore for programs that may start before their database.
func awaitStore(ctx context.Context, c Config, out io.Writer) (*models.Store, error) {
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		store, err := OpenStore(ctx, c, out)
		if err == nil || !models.IsUnreachable(err) {
			return store, err
		}
		what := "the database is unreachable; trying again"
		if models.IsRefused(err) {
			what = "the database refuses us; trying again"
		}
		c.Log.Warn(what, "error", err, "after", wait)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}
