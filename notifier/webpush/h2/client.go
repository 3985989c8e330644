// Package h2 posts very many small messages to a few hosts, over HTTP/2. It
// does only what that needs, and so costs a fraction of net/http for it: one
// TLS record carries the requests of many goroutines, a request starts no
// goroutine, and paths, each used once, stay out of the header table.
//
// It promises:
//
//   - A request that the server says it has not taken (GOAWAY, REFUSED_STREAM)
//     goes out again on another connection. Any other is sent once at most.
//   - No redirect is followed, no proxy is used, and of a response's body no
//     more than [MaxResponse] is read.
//   - A connection that has gone silent is noticed within [Silence] and a half,
//     whatever happens to the machine's clock.
//   - A response is its own request's concern: up to [MaxResponseHeader], no
//     header ends the connection that others share.
//   - A host that does not speak HTTP/2, or not so that whole requests fit in
//     its windows, is [ErrUnfit]: net/http can serve it.
package h2

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/http2/hpack"
)

const (
	// MaxRequest bounds a request's body, in bytes, and its header.
	MaxRequest = 8 << 10
	// MaxResponse is how much of a response's body is read.
	MaxResponse = 4 << 10
	// MaxResponseHeader is the longest header of a response that is read. A longer
	// one ends the connection: what follows it could not be understood.
	MaxResponseHeader = 1 << 20
	// Silence is how long a connection may say nothing while requests wait.
	Silence = 10 * time.Second

	idleTimeout = 90 * time.Second
	maxHosts    = 1000
	maxTries    = 4
)

// Errors of [Client.Post].
var (
	ErrUnfit    = errors.New("host does not speak HTTP/2 as needed")
	ErrTooLarge = errors.New("request is too large")
	ErrClosed   = errors.New("client is closed")
)

// Options say how to connect. All but MaxConns are required.
type Options struct {
	// Dial connects, and may refuse to.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	TLS  *tls.Config
	// ConnectTimeout bounds dialling, the TLS handshake and the first settings.
	ConnectTimeout time.Duration
	// MaxConns is the most connections to one host: 16.
	MaxConns int
}

// Request is a POST.
type Request struct {
	// Target has the scheme https, and no user information.
	Target *url.URL
	// Header has names in lower case, without the pseudo fields.
	Header []hpack.HeaderField
	Body   []byte
}

// Response is what there is to know of an answer.
type Response struct {
	Status int
	Header ResponseHeader
	// Body is the beginning of the body.
	Body []byte
}

// ResponseHeader are the fields of a response's header that are kept.
type ResponseHeader struct {
	RetryAfter, Date string
	// ErrorDescription is why WNS refuses: X-WNS-Error-Description.
	ErrorDescription string
}

// maxField is the longest value of a field that is kept.
const maxField = 1 << 10

func (h *ResponseHeader) keep(field hpack.HeaderField) {
	if len(field.Value) > maxField {
		return
	}
	switch field.Name {
	case "retry-after":
		h.RetryAfter = field.Value
	case "date":
		h.Date = field.Value
	case "x-wns-error-description":
		h.ErrorDescription = field.Value
	}
}

// Client keeps connections to hosts. Safe for concurrent use.
type Client struct {
	options Options
	running sync.WaitGroup
	closing context.Context
	close   context.CancelFunc

	mu    sync.Mutex
	hosts map[string]*host
}

// NewClient makes a client without connections. Close it to end them.
func NewClient(o Options) *Client {
	if o.MaxConns == 0 {
		o.MaxConns = 16
	}
	c := &Client{options: o, hosts: map[string]*host{}}
	c.closing, c.close = context.WithCancel(context.Background())
	return c
}

// Post sends a request and waits for its response, or until ctx ends. It keeps
// nothing of the request after it returns.
func (c *Client) Post(ctx context.Context, r *Request) (Response, error) {
	if len(r.Body) > MaxRequest || headerSize(r) > MaxRequest {
		return Response{}, ErrTooLarge
	}
	host := c.host(r.Target.Host)
	var response Response
	var err error
	for range maxTries {
		response, err = host.post(ctx, r)
		if !errors.Is(err, errNotTaken) {
			break
		}
	}
	return response, err
}

// Warm begins to connect to a host of a URL, unless there is a connection.
func (c *Client) Warm(name string) {
	h := c.host(name)
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.conns) == 0 && !h.unfit && h.mayDial() {
		h.startDial()
	}
}

// Close ends all connections and what is in flight on them.
func (c *Client) Close() {
	c.close()
	c.running.Wait()
}

// CloseIdleConnections ends each connection as soon as nothing is in flight on it.
func (c *Client) CloseIdleConnections() {
	c.mu.Lock()
	hosts := slices.Collect(maps.Values(c.hosts))
	c.mu.Unlock()
	for _, h := range hosts {
		for _, conn := range h.all() {
			conn.retire()
		}
	}
}

func (c *Client) host(name string) *host {
	c.mu.Lock()
	defer c.mu.Unlock()
	h, ok := c.hosts[name]
	if !ok {
		c.makeRoom()
		h = newHost(c, name)
		c.hosts[name] = h
	}
	return h
}

// makeRoom forgets the hosts without a connection when there are too many.
func (c *Client) makeRoom() {
	if len(c.hosts) < maxHosts {
		return
	}
	for name, h := range c.hosts {
		if h.isIdle() {
			delete(c.hosts, name)
		}
	}
}

func headerSize(r *Request) int {
	size := len(r.Target.Host) + len(r.Target.Path) + len(r.Target.RawPath) + len(r.Target.RawQuery)
	for _, field := range r.Header {
		size += int(field.Size())
	}
	return size
}
