// Package retry repeats what may fail for a while.
package retry

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Do calls try until it succeeds, returns an error that [Stop] made, or ctx ends, and
// returns the last error. The wait after each failure doubles from first to longest;
// failed is called with the error and the wait.
func Do(ctx context.Context, first, longest time.Duration, try func() error, failed func(error, time.Duration)) (err error) {
	_, _ = backoff.Retry(ctx, func() (none struct{}, _ error) {
		err = try()
		return none, err
	}, backoff.WithBackOff(&backoff.ExponentialBackOff{InitialInterval: first, Multiplier: 2, MaxInterval: longest}),
		backoff.WithMaxElapsedTime(0), backoff.WithNotify(failed))
	return err
}

// Stop wraps an error after which [Do] does not try again.
func Stop(err error) error { return backoff.Permanent(err) }

// Outlive returns a context that ends a time after ctx has ended.
func Outlive(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	outliving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(by, cancel) })
	return outliving, func() {
		stop()
		cancel()
	}
}
