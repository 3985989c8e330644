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
	maxStreams   = 1 << 16 // enough for any use
	lastStreamID = 1 << 30
)

// conn is a connection. One goroutine reads, one writes, one watches.
type conn struct {
	host   *host
	net    net.Conn
	reads  *http2.Framer
	failed chan struct{} // closed when the connection has ended
	wake   chan struct{} // signals that there is something to write
	heard  atomic.Int64  // when the last frame was received, in nanoseconds since began
	began  time.Time

	// Guarded by host.mu: the number of streams and bytes that are still available.
	room, window int
	maxStreams   int // used only by the reader
	received     int // used only by the reader: bytes not yet returned to the window

	mu      sync.Mutex
	err     error // why the connection has ended
	retired bool  // the connection ends with its last stream
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

// touch records, on the monotonic clock, that the connection is alive.
func (c *conn) touch() { c.heard.Store(int64(time.Since(c.began))) }

// open queues a request whose place is reserved. It returns false if the connection accepts
// no more requests.
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
		c.touch() // it was silent because it was idle
	}
	c.streams[s.id] = s
	c.encode(r)
	c.writes.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: c.block.Bytes(), EndHeaders: true})
	c.writes.WriteData(s.id, true, r.Body)
	c.flush()
	return s, true
}

// await waits until a stream ends. It cancels the stream if ctx is done.
func (c *conn) await(ctx context.Context, s *stream) (Response, error) {
	select {
	case <-s.ended:
	case <-ctx.Done():
		c.cancel(s, ctx.Err())
		<-s.ended
	}
	return s.result()
}

// encode encodes the header block. The path is a literal without indexing, because it is
// used only once and would evict entries that are used again.
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

// cancel resets a stream, if it has not ended yet.
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

// end ends a stream and releases its place, unless it has ended already.
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

// retire ends the connection once its last stream has ended.
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
