package h2

import (
	"bytes"
	"fmt"
	"time"
)

const (
	writeTimeout = 10 * time.Second
	// When many requests are in flight, waiting a moment lets more of them share a record.
	linger     = time.Millisecond
	lingerFrom = 16
)

// flush signals the writer; the caller holds c.mu.
func (c *conn) flush() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// write writes queued frames, many requests at a time.
func (c *conn) write() {
	var batch bytes.Buffer
	for {
		select {
		case <-c.failed:
			return
		case <-c.wake:
		}
		if c.isBusy() {
			time.Sleep(linger)
		}
		c.mu.Lock()
		batch, c.out = c.out, batch
		c.mu.Unlock()
		c.net.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := batch.WriteTo(c.net); err != nil {
			c.fail(fmt.Errorf("write: %w", err))
			return
		}
		batch.Reset()
	}
}

func (c *conn) isBusy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.streams) >= lingerFrom
}
