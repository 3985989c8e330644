package h2

import (
	"errors"
	"time"
)

var errSilent = errors.New("connection has gone silent")

// watch ends the connection when it is not used, has gone silent or the client
// is closed.
func (c *conn) watch() {
	ticker := time.NewTicker(Silence / 2)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-c.failed:
			return
		case <-c.host.client.closing.Done():
			c.fail(ErrClosed)
			return
		case now := <-ticker.C:
			c.look(c.silence(now), now.Round(0).Sub(last.Round(0)))
			last = now
		}
	}
}

// silence is how long nothing has come, on the clock that does not jump: a
// correction of the machine's clock is no silence.
func (c *conn) silence(now time.Time) time.Duration {
	return now.Sub(c.began) - time.Duration(c.heard.Load())
}

// look asks a silent connection whether it lives, once before it is given up.
// An idle one ends also when much time has passed on the wall since the last
// look: the machine was asleep, and the other end may have gone.
func (c *conn) look(silent, passed time.Duration) {
	c.mu.Lock()
	waiting := len(c.streams) > 0
	c.mu.Unlock()
	switch {
	case !waiting && max(silent, passed) >= idleTimeout:
		c.retire()
	case waiting && silent >= Silence+Silence/2:
		c.fail(errSilent)
	case waiting && silent >= Silence:
		c.queue(func() { c.writes.WritePing(false, [8]byte{}) })
	}
}
