package webpush

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"newsbell/models/endpoints"
	"newsbell/notifier/webpush/h2"
)

// ClientOptions says where a client may go and how long it waits. Zero times
// get the defaults named.
type ClientOptions struct {
	// Hosts are the only push services that requests may go to.
	Hosts endpoints.Allowlist
	// RootCAs replace the system's certificates, for tests.
	RootCAs *x509.CertPool

	ConnectTimeout time.Duration // to connect, and again for TLS: 5 s
	HeaderTimeout  time.Duration // until the answer's header: 10 s
	Timeout        time.Duration // for all of a request: 15 s
}

// NewClient makes the HTTP client for a sender. It keeps connections warm,
// over HTTP/2 where the push service speaks it, uses no proxy, follows no
// redirect, and connects to public addresses only: the address is checked
// after the name is resolved, so a name that points into the network at home
// leads nowhere.
func NewClient(o ClientOptions) *http.Client {
	o.ConnectTimeout = cmp.Or(o.ConnectTimeout, 5*time.Second)
	o.HeaderTimeout = cmp.Or(o.HeaderTimeout, 10*time.Second)
	o.Timeout = cmp.Or(o.Timeout, 15*time.Second)

	dialer := &net.Dialer{
		Timeout:   o.ConnectTimeout,
		KeepAlive: 30 * time.Second,
		Control:   dialGuard(o.Hosts),
	}
	secure := &tls.Config{RootCAs: o.RootCAs, ClientSessionCache: tls.NewLRUClientSessionCache(0)}
	return &http.Client{
		Timeout:       o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &pushTransport{
			hosts: o.Hosts,
			next:  newTransport(o, dialer, secure),
			fast: h2.NewClient(h2.Options{ // net/http writes into its own configuration
				Dial: dialer.DialContext, TLS: secure.Clone(), ConnectTimeout: o.ConnectTimeout,
			}),
		},
	}
}

func newTransport(o ClientOptions, dialer *net.Dialer, secure *tls.Config) *http.Transport {
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        secure,
		TLSHandshakeTimeout:    o.ConnectTimeout,
		ResponseHeaderTimeout:  o.HeaderTimeout,
		MaxResponseHeaderBytes: h2.MaxResponseHeader,
		ForceAttemptHTTP2:      true,
		// A silent connection is asked whether it still lives, well before
		// the requests on it give up.
		HTTP2:               &http.HTTP2Config{SendPingTimeout: h2.Silence, PingTimeout: h2.Silence / 2},
		MaxIdleConnsPerHost: 256, // over HTTP/1.1 each request in flight has its own
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true,
	}
}

var (
	// errForbidden says that a request may not go where it was to go.
	errForbidden = errors.New("endpoint is not allowed")
	// errNotPublic says that a name leads into the network at home.
	errNotPublic = errors.New("address is not public")
)

// pushTransport refuses a request to a host that is not on the list.
type pushTransport struct {
	hosts endpoints.Allowlist
	next  *http.Transport
	fast  *h2.Client // to the same hosts, by the same rules
}

func (t *pushTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.check(r.URL); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	return t.next.RoundTrip(r)
}

// CloseIdleConnections makes [http.Client.CloseIdleConnections] work.
func (t *pushTransport) CloseIdleConnections() {
	t.next.CloseIdleConnections()
	t.fast.CloseIdleConnections()
}

// post sends by HTTP/2 with less effort than RoundTrip. It fails with
// [h2.ErrUnfit] where RoundTrip must be used.
func (t *pushTransport) post(ctx context.Context, r *h2.Request) (h2.Response, error) {
	if r.Target.Scheme != "https" {
		return h2.Response{}, h2.ErrUnfit
	}
	if err := t.check(r.Target); err != nil {
		return h2.Response{}, err
	}
	return t.fast.Post(ctx, r)
}

// warm begins to connect to a push service.
func (t *pushTransport) warm(origin *url.URL) {
	if origin.Scheme == "https" && t.check(origin) == nil {
		t.fast.Warm(origin.Host)
	}
}

func (t *pushTransport) check(u *url.URL) error {
	if err := t.hosts.CheckURL(u); err != nil {
		return fmt.Errorf("%w: %w", errForbidden, err)
	}
	return nil
}

// dialGuard refuses each address that is neither public nor named as one of
// this machine.
func dialGuard(hosts endpoints.Allowlist) func(network, address string, c syscall.RawConn) error {
	public := ssrf.New(ssrf.WithPorts(hosts.Ports()...))
	return func(network, address string, c syscall.RawConn) error {
		if addr, err := netip.ParseAddrPort(address); err == nil && hosts.AllowsLoopback(addr) {
			return nil
		}
		if err := public.Safe(network, address, c); err != nil {
			return fmt.Errorf("dial push service: %w: %w", errNotPublic, err)
		}
		return nil
	}
}
