package pushservice

import (
	"math/rand/v2"
	"time"
)

const (
	// failuresInARow opens the circuit.
	failuresInARow = 20
	firstProbe     = time.Second
	lastProbe      = 30 * time.Second
)

// circuit is open while a host is paused. After its time, one push probes the host while
// the others wait for the result.
type circuit struct {
	failures int           // in a row
	wait     time.Duration // of the last opening, to be doubled
	until    time.Time     // zero: not open
	probing  bool
}

func (c *circuit) isOpen() bool { return !c.until.IsZero() }

// openFor returns how long pushes must still wait; 0 if one may begin now.
func (c *circuit) openFor(now time.Time) time.Duration {
	switch {
	case !c.isOpen():
		return 0
	case c.probing:
		return firstProbe
	}
	return max(0, c.until.Sub(now))
}

// fail counts a failure. It returns how long to pause the host; 0 if the circuit stays
// closed.
func (c *circuit) fail(retryAfter time.Duration) time.Duration {
	if c.failures++; c.failures < failuresInARow && !c.isOpen() {
		return 0
	}
	return c.trip(retryAfter)
}

// trip returns how long to pause the host now: a second, doubled each time up to 30, plus
// up to a quarter at random, so that processes do not probe at the same time.
func (c *circuit) trip(retryAfter time.Duration) time.Duration {
	c.wait = min(max(2*c.wait, firstProbe), lastProbe)
	return max(c.wait+rand.N(c.wait/4), min(retryAfter, longestPause))
}

func (c *circuit) open(now time.Time, wait time.Duration) {
	c.until, c.probing = now.Add(wait), false
}
