package h2

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2/hpack"
)

func TestPostSendsTheRequestAndReturnsTheResponse(t *testing.T) {
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(429)
		fmt.Fprintf(w, "%s %s %s %s ttl=%s %d %s", r.Proto, r.Method, r.Host, r.RequestURI, r.Header.Get("TTL"), r.ContentLength, body)
	})
	target := target(t, server, "/push/a%2Fb?x=1")
	response, err := newTestClient(t, server).Post(t.Context(), &Request{
		Target: target, Header: []hpack.HeaderField{{Name: "ttl", Value: "60"}}, Body: []byte("encrypted"),
	})
	want := fmt.Sprintf("HTTP/2.0 POST %s /push/a%%2Fb?x=1 ttl=60 9 encrypted", target.Host)
	if err != nil || response.Status != 429 || response.Header.RetryAfter != "7" || string(response.Body) != want {
		t.Errorf("response = %+v, %v\nbody = %s\nwant   %s", response, err, response.Body, want)
	}
}

func TestManyRequestsShareAConnection(t *testing.T) {
	var remotes sync.Map
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		remotes.Store(r.RemoteAddr, true)
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(201)
		io.WriteString(w, r.URL.Path+" "+string(body))
	})
	client := newTestClient(t, server)
	var senders sync.WaitGroup
	for i := range 2000 {
		if i%100 == 0 {
			senders.Wait()
		}
		senders.Go(func() {
			path, body := fmt.Sprintf("/push/%d", i), strings.Repeat(fmt.Sprint(i), 300)
			response, err := client.Post(t.Context(), &Request{Target: target(t, server, path), Body: []byte(body)})
			if err != nil || response.Status != 201 || string(response.Body) != (path + " " + body)[:min(len(path)+1+len(body), MaxResponse)] {
				t.Errorf("%d: response = %d, %v", i, response.Status, err)
			}
		})
	}
	senders.Wait()
	connections := 0
	remotes.Range(func(any, any) bool { connections++; return true })
	if connections != 1 {
		t.Errorf("%d connections, want 1", connections)
	}
}

func TestMoreRequestsThanStreamsOpenMoreConnections(t *testing.T) {
	var inFlight atomic.Int32
	release := make(chan struct{})
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if inFlight.Add(1) == 40 {
			close(release)
		}
		<-release
		w.WriteHeader(201)
	}, func(s *http.Server) { s.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 10} })
	client := newTestClient(t, server)
	var senders sync.WaitGroup
	for range 40 {
		senders.Go(func() {
			if response, err := client.Post(t.Context(), &Request{Target: target(t, server, "/p"), Body: []byte("x")}); err != nil || response.Status != 201 {
				t.Errorf("response = %+v, %v", response, err)
			}
		})
	}
	senders.Wait()
}

func TestRequestsWaitWhenAllConnectionsAreFull(t *testing.T) {
	var inFlight, most atomic.Int32
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		now := inFlight.Add(1)
		for before := most.Load(); now > before && !most.CompareAndSwap(before, now); before = most.Load() {
		}
		inFlight.Add(-1)
		w.WriteHeader(201)
	}, func(s *http.Server) { s.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 3} })
	client := newTestClient(t, server)
	client.options.MaxConns = 2
	var senders sync.WaitGroup
	for range 50 {
		senders.Go(func() {
			for range 10 {
				if response, err := client.Post(t.Context(), &Request{Target: target(t, server, "/p"), Body: []byte("x")}); err != nil || response.Status != 201 {
					t.Errorf("response = %+v, %v", response, err)
				}
			}
		})
	}
	senders.Wait()
	if most.Load() > 6 {
		t.Errorf("%d requests at once, want 6 at most", most.Load())
	}
}

func TestLongResponseIsReadToItsLimit(t *testing.T) {
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1000)); err != nil {
				return
			}
		}
	})
	client := newTestClient(t, server)
	for range 300 { // more than the connection's window
		response, err := client.Post(t.Context(), &Request{Target: target(t, server, "/p")})
		if err != nil || response.Status != 200 || len(response.Body) != MaxResponse {
			t.Fatalf("response = %d with %d bytes, %v", response.Status, len(response.Body), err)
		}
	}
}

func TestRequestEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			cancel()
			<-r.Context().Done()
			close(gone)
		}
		w.WriteHeader(201)
	})
	client := newTestClient(t, server)
	if _, err := client.Post(ctx, &Request{Target: target(t, server, "/hang")}); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
	<-gone // the server is notified
	if response, err := client.Post(t.Context(), &Request{Target: target(t, server, "/p")}); err != nil || response.Status != 201 {
		t.Errorf("the next response = %+v, %v", response, err)
	}
}

func TestStatusCountsEvenIfTheBodyNeverEnds(t *testing.T) {
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(201)
		io.WriteString(w, "begun")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	client := newTestClient(t, server)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // for the connection too
	defer cancel()
	response, err := client.Post(ctx, &Request{Target: target(t, server, "/p")})
	if err != nil || response.Status != 201 || string(response.Body) != "begun" {
		t.Errorf("response = %+v, %v", response, err)
	}
}

func TestAbortedStreamIsAnErrorAndDoesNotAffectOthers(t *testing.T) {
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(201)
	})
	client := newTestClient(t, server)
	if _, err := client.Post(t.Context(), &Request{Target: target(t, server, "/abort")}); err == nil {
		t.Error("no error")
	}
	if response, err := client.Post(t.Context(), &Request{Target: target(t, server, "/p")}); err != nil || response.Status != 201 {
		t.Errorf("response = %+v, %v", response, err)
	}
}

func TestGracefulShutdownLosesNoRequest(t *testing.T) {
	var served atomic.Int32
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if served.Add(1)%50 == 0 {
			w.Header().Set("Connection", "close") // sends GOAWAY
		}
		w.WriteHeader(201)
	})
	client := newTestClient(t, server)
	var senders sync.WaitGroup
	for range 20 {
		senders.Go(func() {
			for range 20 {
				if response, err := client.Post(t.Context(), &Request{Target: target(t, server, "/p"), Body: []byte("x")}); err != nil || response.Status != 201 {
					t.Errorf("response = %+v, %v", response, err)
				}
			}
		})
	}
	senders.Wait()
	if served.Load() != 400 {
		t.Errorf("400 requests were served %d times", served.Load())
	}
}

func TestHostWithoutHTTP2IsUnfit(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	client := newTestClient(t, server)
	for range 2 {
		if _, err := client.Post(t.Context(), &Request{Target: target(t, server, "/p")}); !errors.Is(err, ErrUnfit) {
			t.Errorf("error = %v", err)
		}
	}
}

func TestPostFailsOnLargeRequests(t *testing.T) {
	client := NewClient(Options{})
	for name, r := range map[string]*Request{
		"body":   {Target: &url.URL{Host: "a.example"}, Body: make([]byte, MaxRequest+1)},
		"path":   {Target: &url.URL{Host: "a.example", Path: strings.Repeat("x", MaxRequest+1)}},
		"header": {Target: &url.URL{Host: "a.example"}, Header: []hpack.HeaderField{{Name: "a", Value: strings.Repeat("x", MaxRequest)}}},
	} {
		if _, err := client.Post(t.Context(), r); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}

func TestAFailedDialFailsAllWaitingRequests(t *testing.T) {
	refused := errors.New("refused")
	client := NewClient(Options{ConnectTimeout: time.Second, TLS: &tls.Config{}, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, refused
	}})
	t.Cleanup(client.Close)
	var senders sync.WaitGroup
	for range 10 {
		senders.Go(func() {
			if _, err := client.Post(t.Context(), &Request{Target: &url.URL{Host: "a.example"}}); !errors.Is(err, refused) {
				t.Errorf("error = %v", err)
			}
		})
	}
	senders.Wait()
}

func TestCloseEndsRequestsInFlight(t *testing.T) {
	arrived := make(chan struct{})
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	client := newTestClient(t, server)
	failed := make(chan error, 1)
	go func() {
		_, err := client.Post(t.Context(), &Request{Target: target(t, server, "/p")})
		failed <- err
	}()
	<-arrived
	client.Close()
	if err := <-failed; !errors.Is(err, ErrClosed) {
		t.Errorf("error = %v", err)
	}
}

func newServer(t *testing.T, handle http.HandlerFunc, configure ...func(*http.Server)) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handle)
	server.EnableHTTP2 = true
	for _, c := range configure {
		c(server.Config)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func newTestClient(t *testing.T, server *httptest.Server) *Client {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client := NewClient(Options{
		Dial:           (&net.Dialer{}).DialContext,
		TLS:            &tls.Config{RootCAs: roots},
		ConnectTimeout: 5 * time.Second,
	})
	t.Cleanup(client.Close)
	return client
}

func target(t *testing.T, server *httptest.Server, path string) *url.URL {
	t.Helper()
	u, err := url.Parse(server.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
