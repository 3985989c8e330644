package program

import (
	"context"
	"io"
	"time"

	"github.com/cenkalti/backoff/v5"

	"newsbell/models"
	"newsbell/models/database"
)

const (
	firstRetry = 250 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// awaitStore is OpenStore for programs that may start before their database: it retries.
func awaitStore(ctx context.Context, c Config, out io.Writer) (*models.Store, error) {
	open := func() (*models.Store, error) {
		store, err := OpenStore(ctx, c, out)
		if err != nil && !database.IsUnreachable(err) {
			return nil, backoff.Permanent(err)
		}
		return store, err
	}
	return backoff.Retry(ctx, open, backoff.WithMaxElapsedTime(0),
		backoff.WithBackOff(&backoff.ExponentialBackOff{InitialInterval: firstRetry, Multiplier: 2, MaxInterval: lastRetry}),
		backoff.WithNotify(func(err error, wait time.Duration) {
			what := "the database is unreachable; trying again"
			if database.IsRefused(err) {
				what = "the database rejects the login; trying again"
			}
			c.Log.Warn(what, "error", err, "after", wait)
		}))
}
