// Package pushtest is a real push service on loopback, as net/http/httptest is
// a real web server: RFC 8030 over HTTP/1.1 and HTTP/2, with the checks that
// browsers' push services make. It hosts simulated readers, who decrypt what
// they get with code of their own, and speaks Firefox's WebSocket protocol to
// real ones.
//
// It promises:
//
//   - A push that is answered with 201 was checked: its headers, the format of the body, and
//     the VAPID token with the subscription's key.
//   - A [Reader] has a message before the 201 for it is sent.
//   - A Firefox gets each message again until it acknowledges it or its TTL is
//     over, across connections.
//   - [Server.Close] ends hanging requests and leaves no goroutine behind.
package pushtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the settings of a server.
type Options struct {
	// Addr is the address to listen on. Default: a free port of 127.0.0.1.
	Addr string
	// Plain serves http instead of https, as Firefox's tests need it.
	Plain bool
	// Discard checks and counts messages without storing them, for benchmarks.
	Discard bool
	// Latency is the delay of each answer. It does not delay other requests.
	Latency time.Duration
	// Now is the clock for tokens and TTLs. Default: time.Now.
	Now func() time.Time
}

// Server is a running push service.
type Server struct {
	options  Options
	url      string
	certPEM  []byte
	certPool *x509.CertPool
	http     *http.Server
	stopped  context.Context
	stop     context.CancelFunc
	serving  sync.WaitGroup
	handling gate

	subscriptions subscriptions
	simulated     atomic.Pointer[simulated]
	browsers      browsers
	scripts       scripts
	tokens        tokens
	stats         counters
}

// New starts a server.
func New(o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("start push service: %w", err)
	}
	s := &Server{options: o, url: "http://" + listener.Addr().String()}
	s.stopped, s.stop = context.WithCancel(context.Background())
	s.subscriptions.byToken = map[string]*subscription{}
	s.browsers = newBrowsers()
	s.scripts.byToken = map[string][]Answer{}
	s.tokens.verified = map[string]verifiedToken{}
	s.stats.byStatus = map[int]int{}
	s.http = &http.Server{
		Handler: s.handling.guard(s.routes()), ErrorLog: log.New(io.Discard, "", 0),
		ConnState: s.stats.connection,
		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: 1000},
	}
	serve := s.http.Serve
	if !o.Plain {
		if err := s.useTLS(); err != nil {
			return nil, errors.Join(err, listener.Close())
		}
		serve = func(l net.Listener) error { return s.http.ServeTLS(l, "", "") }
	}
	s.serving.Go(func() { _ = serve(listener) })
	return s, nil
}

// URL is the server's origin: what a token's aud must be.
func (s *Server) URL() string { return s.url }

// WebSocketURL is where Firefox connects.
func (s *Server) WebSocketURL() string { return "ws" + strings.TrimPrefix(s.url, "http") + "/" }

// CertPool holds the server's certificate; nil when it is Plain.
func (s *Server) CertPool() *x509.CertPool { return s.certPool }

// CertPEM is the server's certificate; nil when it is Plain.
func (s *Server) CertPEM() []byte { return s.certPEM }

// Close closes all connections, including hanging ones, and waits until all goroutines have
// ended.
func (s *Server) Close() error {
	s.stop()
	err := s.http.Close()
	s.serving.Wait()
	s.handling.close()
	s.stats.waitForConnections()
	return err
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /push/{token}", s.push)
	mux.HandleFunc("GET /{$}", s.firefox)
	mux.HandleFunc("GET /control/stats", s.controlStats)
	mux.HandleFunc("POST /control/script", s.controlScript)
	mux.HandleFunc("POST /control/faults", s.controlFaults)
	mux.HandleFunc("GET /control/simulated", s.controlSimulated)
	mux.HandleFunc("POST /control/simulated", s.controlSimulate)
	mux.HandleFunc("POST /control/drop-browsers", s.controlDropBrowsers)
	return mux
}

func (s *Server) useTLS() error {
	certificate, err := newCertificate()
	if err != nil {
		return fmt.Errorf("make certificate: %w", err)
	}
	s.url = "https" + strings.TrimPrefix(s.url, "http")
	s.certPEM = certificate.pem
	s.certPool = x509.NewCertPool()
	s.certPool.AppendCertsFromPEM(s.certPEM)
	s.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate.pair}}
	return nil
}
