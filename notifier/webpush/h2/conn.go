package h2

import (
	"bytes"
	"context"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	maxStreams   = 1 << 16 // as many as one would want
	lastStreamID = 1 << 30
)

// conn is a connection. One goroutine reads, one writes, one watches.
type conn struct {
	host   *host
	net    net.Conn
	reads  *http2.Framer
	failed chan struct{} // closed when the connection has ended
	wake   chan struct{} // something is to be written
	heard  atomic.Int64  // when the last frame came, in nanoseconds since began
	began  time.Time

	// Guarded by host.mu: the streams and bytes it can still take.
	room, window int
	maxStreams   int // known to the reader only
	received     int // known to the reader only: not yet granted again

	mu      sync.Mutex
	err     error // why it has ended
	retired bool  // it ends with its last stream
	nextID  uint32
	streams map[uint32]*stream
	out     bytes.Buffer // frames to write
	writes  *http2.Framer
	block   bytes.Buffer
	encoder *hpack.Encoder
}

// start starts the connection's goroutines.
func (c *conn) start() {
	running := &c.host.client.running
	running.Go(c.read)
	running.Go(c.write)
	running.Go(c.watch)
}

// hear notes that the connection lives, on the clock that does not jump.
func (c *conn) hear() { c.heard.Store(int64(time.Since(c.began))) }

// open queues a request for which there is room; false if the connection takes
// no more.
func (c *conn) open(r *Request) (*stream, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.retired {
		return nil, false
	}
	s := newStream(c.nextID)
	c.nextID += 2
	if c.nextID > lastStreamID {
		c.retired = true
		c.host.retire(c)
	}
	if len(c.streams) == 0 {
		c.hear() // its silence until now was no fault
	}
	c.streams[s.id] = s
	c.encode(r)
	c.writes.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: c.block.Bytes(), EndHeaders: true})
	c.writes.WriteData(s.id, true, r.Body)
	c.flush()
	return s, true
}

// await waits for a stream to end, or ends it with ctx.
func (c *conn) await(ctx context.Context, s *stream) (Response, error) {
	select {
	case <-s.ended:
	case <-ctx.Done():
		c.cancel(s, ctx.Err())
		<-s.ended
	}
	return s.result()
}

// encode makes the header block. The path is a literal that the server's table
// never holds: it is used once, and would push out what is used again.
func (c *conn) encode(r *Request) {
	c.block.Reset()
	c.encoder.WriteField(hpack.HeaderField{Name: ":method", Value: "POST"})
	c.encoder.WriteField(hpack.HeaderField{Name: ":scheme", Value: "https"})
	c.encoder.WriteField(hpack.HeaderField{Name: ":authority", Value: c.host.name})
	c.encoder.WriteField(hpack.HeaderField{Name: ":path", Value: r.Target.RequestURI(), Sensitive: true})
	for _, field := range r.Header {
		c.encoder.WriteField(field)
	}
	c.encoder.WriteField(hpack.HeaderField{Name: "content-length", Value: strconv.Itoa(len(r.Body))})
}

// cancel gives up a stream, if it has not ended yet.
func (c *conn) cancel(s *stream, why error) {
	c.mu.Lock()
	_, waiting := c.streams[s.id]
	if waiting {
		c.writes.WriteRSTStream(s.id, http2.ErrCodeCancel)
		c.flush()
	}
	c.mu.Unlock()
	c.end(s.id, why)
}

// end ends a stream and gives its room back, if that has not been done.
func (c *conn) end(id uint32, err error) {
	c.mu.Lock()
	s, ok := c.streams[id]
	delete(c.streams, id)
	last := c.retired && len(c.streams) == 0
	c.mu.Unlock()
	if !ok {
		return
	}
	c.host.release(c)
	s.end(err)
	if last {
		c.fail(errNotTaken)
	}
}

// retire ends the connection with its last stream.
func (c *conn) retire() {
	c.host.retire(c)
	c.mu.Lock()
	c.retired = true
	idle := len(c.streams) == 0
	c.mu.Unlock()
	if idle {
		c.fail(errNotTaken)
	}
}

// fail ends the connection and all its streams.
func (c *conn) fail(err error) {
	c.host.retire(c)
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	streams := c.streams
	c.streams = map[uint32]*stream{}
	c.mu.Unlock()
	close(c.failed)
	c.net.Close()
	for _, s := range streams {
		s.end(err)
	}
}
