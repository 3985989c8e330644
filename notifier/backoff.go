package notifier

import (
	"math/rand/v2"
	"time"
)

const (
	firstRetry = 5 * time.Second
	lastRetry  = 5 * time.Minute
)

// backoff is how long to wait after so many tries in vain before this one:
// 5 s, doubled each time up to 5 min, and up to a half more, so that retries
// do not come together.
func backoff(tries int) time.Duration {
	wait := min(firstRetry<<min(tries, 10), lastRetry)
	return wait + rand.N(wait/2)
}
