package handlerstest

import (
	"fmt"
	"net"
	"strings"
	"sync"
)

// listener notices when the server closes a client's connection.
type listener struct {
	net.Listener
	mu      sync.Mutex
	hungUps map[string]chan struct{} // by client address
}

// listenedConn notices when the server closes it.
type listenedConn struct {
	*net.TCPConn
	hangUp func()
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	hungUp := l.hungUp(conn.RemoteAddr())
	return &listenedConn{conn.(*net.TCPConn), sync.OnceFunc(func() { close(hungUp) })}, nil
}

// Close implements [net.Conn].
func (c *listenedConn) Close() error {
	defer c.hangUp()
	return c.TCPConn.Close()
}

// hungUp returns a channel that is closed when the server closes a client's connection.
func (l *listener) hungUp(address net.Addr) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hungUps == nil {
		l.hungUps = map[string]chan struct{}{}
	}
	if l.hungUps[address.String()] == nil {
		l.hungUps[address.String()] = make(chan struct{})
	}
	return l.hungUps[address.String()]
}

// DialStream opens the stream of "messages-down" on a new connection, from which nothing
// has been read. hungUp is closed when the server closes the connection.
func (w *Web) DialStream() (conn net.Conn, hungUp <-chan struct{}) {
	w.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.Origin, "http://"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close() })
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		w.t.Fatal(err)
	}
	fmt.Fprint(conn, "GET /outages/messages-down/events?after=0 HTTP/1.1\r\nHost: newsbell\r\n\r\n")
	return conn, w.listener.hungUp(conn.LocalAddr())
}
