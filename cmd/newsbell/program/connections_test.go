package program

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"newsbell/handlers/peer"
)

func TestAnIdleConnectionMakesRoomForANewOne(t *testing.T) {
	s := startLimited(t, 3, 0, nil)
	first := s.dial(t, "127.0.0.1")
	s.serves(t, first)
	second := s.dial(t, "127.0.0.1")
	s.serves(t, second)
	s.serves(t, first) // now the second has been idle longer
	third := s.dial(t, "127.0.0.1")
	s.serves(t, third)
	s.serves(t, s.dial(t, "127.0.0.1"))
	second.isClosed(t)
	s.serves(t, first)
	s.serves(t, third)
}

func TestABusyConnectionStaysAndANewOneWaits(t *testing.T) {
	s := startLimited(t, 2, 0, nil)
	busy := []*conn{s.dial(t, "127.0.0.1"), s.dial(t, "127.0.0.1")}
	for _, c := range busy {
		c.ask("/busy")
		<-s.began
	}
	waiting := s.dial(t, "127.0.0.2")
	waiting.ask("/")
	close(s.release)
	for _, c := range append(busy, waiting) {
		c.isAnswered(t)
	}
}

func TestConnectionsPerAddressAreLimitedExceptForProxies(t *testing.T) {
	proxies, err := peer.ParseProxies("127.0.0.9")
	if err != nil {
		t.Fatal(err)
	}
	s := startLimited(t, 6, 2, proxies)
	var busy []*conn
	for _, address := range []string{"127.0.0.1", "127.0.0.1", "127.0.0.9", "127.0.0.9", "127.0.0.9"} {
		c := s.dial(t, address)
		c.ask("/busy")
		<-s.began
		busy = append(busy, c)
	}
	s.dial(t, "127.0.0.1").isClosed(t)
	other := s.dial(t, "127.0.0.2")
	s.serves(t, other)
	close(s.release)
	for _, c := range busy {
		c.isAnswered(t)
		s.isIdle(t)
	}
	s.serves(t, busy[1])                // now the first has been idle longer
	s.serves(t, s.dial(t, "127.0.0.1")) // replaces an idle one of the same address
	busy[0].isClosed(t)
	s.serves(t, other)
}

// limited is a server whose page /busy responds once release is closed.
type limited struct {
	address        string
	began, release chan struct{}
	idle           chan struct{} // one value for each connection that became idle
}

func startLimited(t *testing.T, most, perAddress int, proxies peer.Proxies) *limited {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &limited{listener.Addr().String(), make(chan struct{}, most), make(chan struct{}), make(chan struct{}, 100)}
	accepted := newConnections(listener, most, perAddress, proxies)
	track := func(conn net.Conn, state http.ConnState) {
		if accepted.track(conn, state); state == http.StateIdle {
			s.idle <- struct{}{}
		}
	}
	server := &http.Server{ConnState: track, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/busy" {
			s.began <- struct{}{}
			<-s.release
		}
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(accepted) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
	})
	return s
}

// conn is a connection for plain HTTP.
type conn struct {
	net.Conn
	answers *bufio.Reader
}

// serves waits until a connection has been answered and is idle again.
func (s *limited) serves(t *testing.T, c *conn) {
	t.Helper()
	c.wants(t, "/")
	s.isIdle(t)
}

// isIdle waits until a connection is idle, which the server records after the response.
func (s *limited) isIdle(t *testing.T) {
	t.Helper()
	select {
	case <-s.idle:
	case <-time.After(30 * time.Second):
		t.Fatal("no connection became idle")
	}
}

func (s *limited) dial(t *testing.T, from string) *conn {
	t.Helper()
	return dialFrom(t, from, s.address)
}

func dialFrom(t *testing.T, from, to string) *conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	made, err := dialer.DialContext(t.Context(), "tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = made.Close() })
	if err := made.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &conn{made, bufio.NewReader(made)}
}

func (c *conn) ask(path string) { fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: newsbell\r\n\r\n", path) }

func (c *conn) isAnswered(t *testing.T) {
	t.Helper()
	answer, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("answer %d, %v", answer.StatusCode, err)
	}
}

func (c *conn) wants(t *testing.T, path string) {
	t.Helper()
	c.ask(path)
	c.isAnswered(t)
}

func (c *conn) isClosed(t *testing.T) {
	t.Helper()
	if _, err := c.answers.ReadByte(); err == nil || os.IsTimeout(err) {
		t.Errorf("the connection is still open: %v", err)
	}
}
