package h2

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

// redialAfter is the time before another connection to a host is tried after one failed,
// while the host has connections.
const redialAfter = time.Second

// errNotTaken says that the server did not process a request.
var errNotTaken = errors.New("request was not taken")

// host is the connections to a host and their free capacity.
type host struct {
	client  *Client
	name    string // of the URL: with the port unless it is 443
	address string

	mu       sync.Mutex
	unfit    bool
	conns    []*conn
	dialing  *dialing
	redialAt time.Time
	changed  chan struct{} // closed when there may be capacity again
}

// dialing is an attempt to connect that requests wait for.
type dialing struct {
	done chan struct{}
	err  error
}

func newHost(c *Client, name string) *host {
	address := name
	if _, _, err := net.SplitHostPort(name); err != nil {
		address = net.JoinHostPort(name, "443")
	}
	return &host{client: c, name: name, address: address, changed: make(chan struct{})}
}

func (h *host) post(ctx context.Context, r *Request) (Response, error) {
	for {
		conn, err := h.reserve(ctx, len(r.Body))
		if err != nil {
			return Response{}, err
		}
		if s, ok := conn.open(r); ok {
			return conn.await(ctx, s)
		}
	}
}

// reserve reserves a stream and the bytes of a body on a connection. It opens a connection
// or waits if necessary.
func (h *host) reserve(ctx context.Context, body int) (*conn, error) {
	for {
		h.mu.Lock()
		if h.unfit {
			h.mu.Unlock()
			return nil, ErrUnfit
		}
		if c := h.withRoom(body); c != nil {
			c.room--
			c.window -= body
			h.mu.Unlock()
			return c, nil
		}
		if h.mayDial() {
			h.startDial()
		}
		dialing, changed := h.dialing, h.changed
		h.mu.Unlock()

		if err := wait(ctx, dialing, changed); err != nil {
			return nil, err
		}
	}
}

// release releases the place of a stream that has ended.
func (h *host) release(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.room++
	if c.room == 1 {
		h.wake()
	}
}

// grow changes the capacity of a connection.
func (h *host) grow(c *conn, streams, window int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.room += streams
	c.window += window
	h.wake()
}

// retire opens no more streams on a connection.
func (h *host) retire(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(h.conns, c); i >= 0 {
		h.conns = slices.Delete(h.conns, i, i+1)
		h.wake()
	}
}

func (h *host) all() []*conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.conns)
}

func (h *host) isIdle() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns) == 0 && h.dialing == nil
}

// withRoom returns the first connection with capacity, so that connections stay few.
func (h *host) withRoom(body int) *conn {
	for _, c := range h.conns {
		if c.room > 0 && c.window >= body {
			return c
		}
	}
	return nil
}

func (h *host) mayDial() bool {
	return h.dialing == nil && len(h.conns) < h.client.options.MaxConns && time.Now().After(h.redialAt)
}

func (h *host) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

func (h *host) startDial() {
	d := &dialing{done: make(chan struct{})}
	h.dialing = d
	h.client.running.Go(func() {
		conn, err := connect(h)
		if err != nil {
			err = fmt.Errorf("connect to %s: %w", h.name, err)
		}
		h.dialed(d, conn, err)
	})
}

// dialed adds the new connection. If dialling failed, waiting requests keep waiting if there
// are other connections.
func (h *host) dialed(d *dialing, c *conn, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dialing = nil
	switch {
	case err == nil:
		h.conns = append(h.conns, c)
		c.start()
	case len(h.conns) > 0:
		h.redialAt = time.Now().Add(redialAfter)
	default:
		h.unfit = errors.Is(err, ErrUnfit)
		d.err = err
	}
	close(d.done)
}

func wait(ctx context.Context, d *dialing, changed chan struct{}) error {
	var dialed chan struct{}
	if d != nil {
		dialed = d.done
	}
	select {
	case <-dialed:
		return d.err
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
