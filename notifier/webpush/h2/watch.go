package h2

import (
	"errors"
	"time"
)

var errSilent = errors.New("connection has gone silent")

// watch ends the connection when it is idle for too long, is silent, or the client is
// closed.
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

// silence returns the time since the last frame on the monotonic clock, so that a correction
// of the machine's clock does not count.
func (c *conn) silence(now time.Time) time.Duration {
	return now.Sub(c.began) - time.Duration(c.heard.Load())
}

// look pings a silent connection once before it is closed. It also closes an idle connection
// if much wall-clock time has passed since the last look: the machine was suspended, and the
// server may be gone.
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
