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
	for {
		select {
		case <-c.failed:
			return
		case <-c.host.client.closing.Done():
			c.fail(ErrClosed)
			return
		case now := <-ticker.C:
			c.look(now.Sub(time.Unix(0, c.heard.Load())))
		}
	}
}

// look asks a silent connection whether it lives, once before it is given up.
func (c *conn) look(silent time.Duration) {
	c.mu.Lock()
	waiting := len(c.streams) > 0
	c.mu.Unlock()
	switch {
	case !waiting && silent >= idleTimeout:
		c.retire()
	case waiting && silent >= Silence+Silence/2:
		c.fail(errSilent)
	case waiting && silent >= Silence:
		c.queue(func() { c.writes.WritePing(false, [8]byte{}) })
	}
}
