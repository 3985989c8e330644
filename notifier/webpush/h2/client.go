// Package h2 posts many small messages to a few hosts over HTTP/2. It does only what that
// needs, and so takes a fraction of net/http's CPU: one TLS record carries the requests of
// many goroutines, a request starts no goroutine, and paths, each of which is used once,
// stay out of the header table.
//
// It promises:
//
//   - A request that the server did not process (GOAWAY, REFUSED_STREAM) is sent again on
//     another connection. Any other request is sent at most once.
//   - It follows no redirects, uses no proxy, and reads at most [MaxResponse] of a
//     response's body.
//   - A silent connection is noticed within 1.5 × [Silence], even if the machine's clock
//     changes.
//   - A response affects only its own request: a header of up to [MaxResponseHeader] does
//     not end the shared connection.
//   - If a host does not support HTTP/2, or its windows are too small for whole requests,
//     Post returns [ErrUnfit], and net/http can be used.
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
	// MaxRequest is the maximum size of a request's body, and of its header, in bytes.
	MaxRequest = 8 << 10
	// MaxResponse is the number of bytes of a response's body that are read.
	MaxResponse = 4 << 10
	// MaxResponseHeader is the maximum size of a response's header, in bytes. A longer one
	// ends the connection, because later headers could not be decoded.
	MaxResponseHeader = 1 << 20
	// Silence is how long a connection may be silent while requests wait.
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

// Options are the settings of a client. All but MaxConns are required.
type Options struct {
	// Dial connects. It may return an error for addresses that are not allowed.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	TLS  *tls.Config
	// ConnectTimeout limits dialling, the TLS handshake and the first settings together.
	ConnectTimeout time.Duration
	// MaxConns is the maximum number of connections to one host. Default: 16.
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

// Response is the part of a response that senders need.
type Response struct {
	Status int
	Header ResponseHeader
	// Body is the beginning of the body.
	Body []byte
}

// ResponseHeader are the fields of a response's header that are kept.
type ResponseHeader struct {
	RetryAfter, Date string
	// ErrorDescription is X-WNS-Error-Description, the reason of a refusal by WNS.
	ErrorDescription string
}

// maxField is the maximum length of a header value that is kept.
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

// Client keeps connections to hosts open. Safe for concurrent use.
type Client struct {
	options Options
	running sync.WaitGroup
	closing context.Context
	close   context.CancelFunc

	mu    sync.Mutex
	hosts map[string]*host
}

// NewClient returns a client without connections. Close ends its connections.
func NewClient(o Options) *Client {
	if o.MaxConns == 0 {
		o.MaxConns = 16
	}
	c := &Client{options: o, hosts: map[string]*host{}}
	c.closing, c.close = context.WithCancel(context.Background())
	return c
}

// Post sends a request and waits for its response, or until ctx is done. It does not retain
// the request.
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

// Warm starts to connect to a host, unless there is a connection.
func (c *Client) Warm(name string) {
	h := c.host(name)
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.conns) == 0 && !h.unfit && h.mayDial() {
		h.startDial()
	}
}

// Close ends all connections and the requests in flight.
func (c *Client) Close() {
	c.close()
	c.running.Wait()
}

// CloseIdleConnections ends each connection once no request is in flight on it.
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

// makeRoom removes hosts without a connection if there are too many.
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
