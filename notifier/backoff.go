package notifier

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v5"

	"newsbell/notifier/webpush"
)

const (
	firstRetry = 5 * time.Second
	lastRetry  = 5 * time.Minute
	// refusedFor is when a push that was refused is tried once more.
	refusedFor = time.Minute
)

// retry calls try until it succeeds, returns a [backoff.PermanentError], or ctx ends, and
// returns what try returned last. The wait after each failure doubles from first to
// longest; failed hears of it.
func retry(ctx context.Context, first, longest time.Duration, try func() error, failed backoff.Notify) (err error) {
	_, _ = backoff.Retry(ctx, func() (none struct{}, _ error) {
		err = try()
		return none, err
	}, backoff.WithBackOff(&backoff.ExponentialBackOff{InitialInterval: first, Multiplier: 2, MaxInterval: longest}),
		backoff.WithMaxElapsedTime(0), backoff.WithNotify(failed))
	return err
}

// wait is how long somebody waits after an answer and a number of failed tries
// before it. A Retry-After gets up to an eighth more, for the same reason as a
// backoff. Nobody pays for a push that was not sent.
func wait(a webpush.Answer, tries int) time.Duration {
	asked := a.RetryAfter + rand.N(a.RetryAfter/8+1)
	if a.NotAttempted {
		return asked
	}
	return max(asked, retryAfter(tries))
}

// retryAfter is how long to wait after a number of failed tries before this one:
// 5 s, doubled each time up to 5 min, and up to a half more, so that retries
// do not come together.
func retryAfter(tries int) time.Duration {
	wait := min(firstRetry<<min(tries, 10), lastRetry)
	return wait + rand.N(wait/2)
}
