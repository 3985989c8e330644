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

// ClientOptions are the allowed hosts and the timeouts of a client. Zero timeouts get their
// defaults.
type ClientOptions struct {
	// Hosts are the push services that requests may be sent to.
	Hosts endpoints.Allowlist
	// RootCAs replace the system's certificates, for tests.
	RootCAs *x509.CertPool

	ConnectTimeout time.Duration // for dialling, and again for TLS. Default: 5 s
	HeaderTimeout  time.Duration // until the header of the response. Default: 10 s
	Timeout        time.Duration // for the whole request. Default: 15 s
}

// NewClient returns the HTTP client for a sender. It keeps connections open, over HTTP/2 if
// the push service supports it, uses no proxy, follows no redirects, and connects only to
// public addresses: the address is checked after the name is resolved, so a name cannot
// lead into the internal network.
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
		// A silent connection is pinged well before the requests on it time out.
		HTTP2:               &http.HTTP2Config{SendPingTimeout: h2.Silence, PingTimeout: h2.Silence / 2},
		MaxIdleConnsPerHost: 256, // over HTTP/1.1 each request in flight has its own
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true,
	}
}

var (
	// errForbidden is returned for a host that is not allowed.
	errForbidden = errors.New("endpoint is not allowed")
	// errNotPublic is returned for a name that leads into the internal network.
	errNotPublic = errors.New("address is not public")
)

// pushTransport sends requests only to allowed hosts.
type pushTransport struct {
	hosts endpoints.Allowlist
	next  *http.Transport
	fast  *h2.Client // for the same hosts, with the same rules
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

// post sends over HTTP/2 with less overhead than RoundTrip. It returns [h2.ErrUnfit] if
// RoundTrip must be used.
func (t *pushTransport) post(ctx context.Context, r *h2.Request) (h2.Response, error) {
	if r.Target.Scheme != "https" {
		return h2.Response{}, h2.ErrUnfit
	}
	if err := t.check(r.Target); err != nil {
		return h2.Response{}, err
	}
	return t.fast.Post(ctx, r)
}

// warm starts to connect to a push service.
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

// dialGuard blocks every address that is neither public nor allowed as an address of this
// machine.
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
