package notifier

import (
	"math/rand/v2"
	"time"

	"newsbell/notifier/webpush"
)

const (
	firstRetry = 5 * time.Second
	lastRetry  = 5 * time.Minute
	// refusedFor is the wait before the one retry of a push that was refused.
	refusedFor = time.Minute
)

// retryWait is how long to wait before the next try, after an answer and a number of
// failed tries before it. A Retry-After gets up to an eighth more, so that retries do not
// come together. A push that was not sent waits no longer than that.
func retryWait(a webpush.Answer, tries int) time.Duration {
	asked := a.RetryAfter + rand.N(a.RetryAfter/8+1)
	if a.NotAttempted {
		return asked
	}
	return max(asked, retryAfter(tries))
}

// retryAfter is how long to wait after a number of failed tries before this one:
// 5 s, doubled each time up to 5 min, and up to a half more.
func retryAfter(tries int) time.Duration {
	wait := min(firstRetry<<min(tries, 10), lastRetry)
	return wait + rand.N(wait/2)
}
