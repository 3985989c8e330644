package h2

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"newsbell/models/modelstest"
)

func TestARefusedStreamIsSentAgain(t *testing.T) {
	var refused atomic.Bool
	peer := newPeer(t, func(p *peer, id uint32) {
		if refused.CompareAndSwap(false, true) {
			p.frames.WriteRSTStream(id, http2.ErrCodeRefusedStream)
			return
		}
		p.respond(id, "201")
	})
	if response, err := peer.client.Post(t.Context(), peer.request()); err != nil || response.Status != 201 {
		t.Errorf("response = %+v, %v", response, err)
	}
}

func TestAStreamAfterGoAwayIsSentAgainOnAnotherConnection(t *testing.T) {
	var connections atomic.Int32
	peer := newPeer(t, func(p *peer, id uint32) {
		if connections.CompareAndSwap(0, 1) {
			p.frames.WriteGoAway(0, http2.ErrCodeNo, nil)
			return
		}
		p.respond(id, "201")
	})
	if response, err := peer.client.Post(t.Context(), peer.request()); err != nil || response.Status != 201 {
		t.Errorf("response = %+v, %v", response, err)
	}
	if peer.accepted.Load() != 2 {
		t.Errorf("%d connections, want 2", peer.accepted.Load())
	}
}

func TestARequestThatMayHaveBeenProcessedIsNotRepeated(t *testing.T) {
	var requests atomic.Int32
	for name, end := range map[string]func(*peer, uint32){
		"connection closed": func(p *peer, _ uint32) { p.net.Close() },
		"stream reset":      func(p *peer, id uint32) { p.frames.WriteRSTStream(id, http2.ErrCodeInternal) },
		"taken, then closed": func(p *peer, id uint32) {
			p.frames.WriteGoAway(id, http2.ErrCodeNo, nil)
			p.net.Close()
		},
		"no status": func(p *peer, id uint32) {
			p.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, EndHeaders: true, EndStream: true, BlockFragment: block(":status", "x")})
		},
	} {
		requests.Store(0)
		peer := newPeer(t, func(p *peer, id uint32) {
			requests.Add(1)
			end(p, id)
		})
		if _, err := peer.client.Post(t.Context(), peer.request()); err == nil || errors.Is(err, errNotTaken) {
			t.Errorf("%s: error = %v", name, err)
		}
		if requests.Load() != 1 {
			t.Errorf("%s: %d requests, want 1", name, requests.Load())
		}
	}
}

func TestRetriesOfRefusedStreamsAreLimited(t *testing.T) {
	var requests atomic.Int32
	peer := newPeer(t, func(p *peer, id uint32) {
		requests.Add(1)
		p.frames.WriteRSTStream(id, http2.ErrCodeRefusedStream)
	})
	if _, err := peer.client.Post(t.Context(), peer.request()); !errors.Is(err, errNotTaken) || requests.Load() != maxTries {
		t.Errorf("%d requests, error = %v", requests.Load(), err)
	}
}

func TestInterimResponsesAndTrailersAreIgnored(t *testing.T) {
	peer := newPeer(t, func(p *peer, id uint32) {
		p.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, EndHeaders: true, BlockFragment: block(":status", "103")})
		p.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, EndHeaders: true, BlockFragment: block(":status", "429", "retry-after", "3")})
		p.frames.WriteData(id, false, []byte("slow down"))
		p.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, EndHeaders: true, EndStream: true, BlockFragment: block("x-took", "1")})
	})
	response, err := peer.client.Post(t.Context(), peer.request())
	if err != nil || response.Status != 429 || response.Header.RetryAfter != "3" || string(response.Body) != "slow down" {
		t.Errorf("response = %+v, %v", response, err)
	}
}

func TestServerWithSmallWindowsIsUnfit(t *testing.T) {
	peer := newPeer(t, nil, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 100})
	if _, err := peer.client.Post(t.Context(), peer.request()); !errors.Is(err, ErrUnfit) {
		t.Errorf("error = %v", err)
	}
}

func TestRequestsWaitForTheWindowOfTheConnection(t *testing.T) {
	received := 0
	peer := newPeer(t, func(p *peer, id uint32) {
		if received += MaxRequest; received%(7*MaxRequest) == 0 { // nearly all of 65535
			p.frames.WriteWindowUpdate(0, 7*MaxRequest)
		}
		p.respond(id, "201")
	})
	peer.client.options.MaxConns = 1
	for range 30 {
		r := peer.request()
		r.Body = make([]byte, MaxRequest)
		if response, err := peer.client.Post(t.Context(), r); err != nil || response.Status != 201 {
			t.Fatalf("response = %+v, %v", response, err)
		}
	}
}

func TestAFailedDialDoesNotAffectAnExistingConnection(t *testing.T) {
	held := make(chan uint32, 2)
	peer := newPeer(t, func(p *peer, id uint32) {
		if held <- id; len(held) == 1 {
			return
		}
		p.respond(<-held, "201")
		p.respond(<-held, "201")
	}, http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 2})
	dial, dials := peer.client.options.Dial, 0
	peer.client.options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials++; dials > 1 {
			return nil, errors.New("refused")
		}
		return dial(ctx, network, address)
	}
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			if response, err := peer.client.Post(t.Context(), peer.request()); err != nil || response.Status != 201 {
				t.Errorf("response = %+v, %v", response, err)
			}
		})
	}
	senders.Wait()
}

func TestAConnectionEndsOnServerPush(t *testing.T) {
	peer := newPeer(t, func(p *peer, id uint32) {
		p.frames.WritePushPromise(http2.PushPromiseParam{StreamID: id, PromiseID: 2, EndHeaders: true, BlockFragment: block(":path", "/")})
	})
	if _, err := peer.client.Post(t.Context(), peer.request()); err == nil {
		t.Error("no error")
	}
}

func TestAHugeHeaderIsNotStored(t *testing.T) {
	peer := newPeer(t, func(p *peer, id uint32) {
		p.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block(":status", "201")})
		for range 64 {
			if p.frames.WriteContinuation(id, false, bytes.Repeat(block("x-filler", "filler-filler-filler-filler"), 500)) != nil {
				return
			}
		}
		p.frames.WriteContinuation(id, true, nil)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if response, err := peer.client.Post(ctx, peer.request()); errors.Is(err, context.DeadlineExceeded) || response.Header.RetryAfter != "" {
		t.Errorf("response = %+v, %v", response, err)
	}
}

// Other requests on the connection must be answered: otherwise they would be sent twice.
func TestALongHeaderOfOneResponseDoesNotAffectOthers(t *testing.T) {
	for name, filler := range map[string][]string{
		"one long field": {"x-filler", strings.Repeat("f", 20<<10)},
		"many fields":    slices.Repeat([]string{"x-filler", strings.Repeat("f", 1<<10)}, 100),
	} {
		const neighbours = 20
		var held []uint32
		peer := newPeer(t, func(p *peer, id uint32) {
			if held = append(held, id); len(held) <= neighbours {
				return
			}
			p.longHeader(held[0], block(append([]string{":status", "201"}, filler...)...))
			for _, id := range held[1:] {
				p.respond(id, "201")
			}
		})
		var senders sync.WaitGroup
		for range neighbours + 1 {
			senders.Go(func() {
				if response, err := peer.client.Post(t.Context(), peer.request()); err != nil || response.Status != 201 {
					t.Errorf("%s: response = %+v, %v", name, response, err)
				}
			})
		}
		senders.Wait()
	}
}

func TestPingIsAnswered(t *testing.T) {
	peer := newPeer(t, func(p *peer, id uint32) {
		p.frames.WritePing(false, [8]byte{1})
		for {
			frame, err := p.frames.ReadFrame()
			if err != nil {
				return
			}
			if ping, ok := frame.(*http2.PingFrame); ok && ping.IsAck() && ping.Data == [8]byte{1} {
				p.respond(id, "201")
				return
			}
		}
	})
	if response, err := peer.client.Post(t.Context(), peer.request()); err != nil || response.Status != 201 {
		t.Errorf("response = %+v, %v", response, err)
	}
}

func TestASilentConnectionIsPingedThenClosed(t *testing.T) {
	arrived, pinged := make(chan struct{}), make(chan struct{})
	peer := newPeer(t, func(p *peer, id uint32) {
		close(arrived)
		for {
			frame, err := p.frames.ReadFrame()
			if err != nil {
				return
			}
			if _, ok := frame.(*http2.PingFrame); ok {
				close(pinged)
			}
		}
	})
	failed := make(chan error, 1)
	go func() {
		_, err := peer.client.Post(t.Context(), peer.request())
		failed <- err
	}()
	<-arrived
	conn := peer.connection(t)
	conn.look(Silence, 0)
	<-pinged
	conn.look(Silence+Silence/2, 0)
	if err := <-failed; !errors.Is(err, errSilent) {
		t.Errorf("error = %v", err)
	}
}

// A correction of the machine's clock neither looks like silence nor hides it.
func TestSilenceIsMeasuredOnTheMonotonicClock(t *testing.T) {
	held := make(chan uint32, 1)
	peer := newPeer(t, func(p *peer, id uint32) { held <- id })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go peer.client.Post(ctx, peer.request())
	<-held
	conn := peer.connection(t)
	for _, by := range []time.Duration{-20 * time.Hour, 20 * time.Hour} {
		now := time.Now()
		silent := conn.silence(now)
		if corrected := conn.silence(modelstest.Corrected(now, by)); corrected != silent || silent < 0 || silent > time.Hour {
			t.Errorf("with the clock set by %v, the silence is %v, want %v", by, corrected, silent)
		}
	}
}

func TestAnIdleConnectionIsClosedAfterTheMachineWasSuspended(t *testing.T) {
	peer := newPeer(t, func(p *peer, id uint32) { p.respond(id, "201") })
	if _, err := peer.client.Post(t.Context(), peer.request()); err != nil {
		t.Fatal(err)
	}
	conn := peer.connection(t)
	conn.look(0, time.Hour)
	<-conn.failed
}

func TestIdleConnectionIsClosed(t *testing.T) {
	peer := newPeer(t, func(p *peer, id uint32) { p.respond(id, "201") })
	for range 2 {
		if _, err := peer.client.Post(t.Context(), peer.request()); err != nil {
			t.Fatal(err)
		}
		conn := peer.connection(t)
		conn.look(idleTimeout, 0)
		<-conn.failed
	}
	if peer.accepted.Load() != 2 {
		t.Errorf("%d connections, want 2", peer.accepted.Load())
	}
}

// peer is a server that reads and writes frames.
type peer struct {
	net      net.Conn
	frames   *http2.Framer
	client   *Client
	address  string
	accepted *atomic.Int32
}

// newPeer starts a peer. On each connection it sends settings, then calls answer for each
// request header.
func newPeer(t *testing.T, answer func(p *peer, id uint32), settings ...http2.Setting) *peer {
	t.Helper()
	server := httptest.NewUnstartedServer(nil) // for its certificate
	server.StartTLS()
	t.Cleanup(server.Close)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: server.TLS.Certificates, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{client: newTestClient(t, server), address: listener.Addr().String(), accepted: new(atomic.Int32)}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.accepted.Add(1)
			go (&peer{net: conn, frames: http2.NewFramer(conn, conn)}).serve(answer, settings)
		}
	}()
	return p
}

func (p *peer) serve(answer func(*peer, uint32), settings []http2.Setting) {
	defer p.net.Close()
	if _, err := io.ReadFull(p.net, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	p.frames.WriteSettings(settings...)
	for {
		frame, err := p.frames.ReadFrame()
		if err != nil {
			return
		}
		if headers, ok := frame.(*http2.HeadersFrame); ok {
			answer(p, headers.StreamID)
		}
	}
}

func (p *peer) respond(id uint32, status string) {
	p.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, EndHeaders: true, EndStream: true, BlockFragment: block(":status", status)})
}

// longHeader responds with a header of several frames.
func (p *peer) longHeader(id uint32, header []byte) {
	const frame = 16 << 10
	first := header[:min(frame, len(header))]
	p.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, EndHeaders: len(header) <= frame, EndStream: true, BlockFragment: first})
	for header = header[len(first):]; len(header) > 0; {
		next := header[:min(frame, len(header))]
		header = header[len(next):]
		p.frames.WriteContinuation(id, len(header) == 0, next)
	}
}

func (p *peer) request() *Request {
	return &Request{Target: &url.URL{Scheme: "https", Host: p.address, Path: "/push/1"}, Body: []byte("encrypted")}
}

// connection returns the client's only connection.
func (p *peer) connection(t *testing.T) *conn {
	t.Helper()
	conns := p.client.host(p.address).all()
	if len(conns) != 1 {
		t.Fatalf("%d connections, want 1", len(conns))
	}
	return conns[0]
}

func block(pairs ...string) []byte {
	var encoded bytes.Buffer
	encoder := hpack.NewEncoder(&encoded)
	for i := 0; i < len(pairs); i += 2 { // without indexing, so each block is independent
		encoder.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1], Sensitive: true})
	}
	return encoded.Bytes()
}
