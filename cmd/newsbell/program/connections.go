package program

import (
	queue "container/list"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"newsbell/handlers/peer"
)

// connections limits the accepted connections, so that open files are left for the
// database and for push services, and the connections of one address. At a limit, it
// closes the connection that has been idle longest. If none is idle, a new connection
// waits, or is closed if its address has too many.
type connections struct {
	net.Listener
	most       int
	perAddress int // 0: no limit
	proxies    peer.Proxies

	mu        sync.Mutex
	changed   *sync.Cond // signalled when a connection becomes idle or is closed
	open      map[*connection]struct{}
	byAddress map[netip.Prefix]int
	idle      *queue.List // of *connection, longest idle first
	closed    bool
}

// connection is an accepted connection.
type connection struct {
	*net.TCPConn
	of   *connections
	from netip.Prefix
	// isProxy exempts the connection from the limit per address.
	isProxy bool
	idle    *queue.Element // nil while it is busy
}

func newConnections(listener net.Listener, most, perAddress int, proxies peer.Proxies) *connections {
	c := &connections{
		Listener: listener, most: most, perAddress: perAddress, proxies: proxies,
		open: map[*connection]struct{}{}, byAddress: map[netip.Prefix]int{}, idle: queue.New(),
	}
	c.changed = sync.NewCond(&c.mu)
	return c
}

// Accept implements [net.Listener].
func (c *connections) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if admitted := c.admit(conn.(*net.TCPConn)); admitted != nil {
			return admitted, nil
		}
		_ = conn.Close()
	}
}

// Close implements [net.Listener].
func (c *connections) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.changed.Broadcast()
	return c.Listener.Close()
}

// track is the server's ConnState hook. It records which connections are idle.
func (c *connections) track(conn net.Conn, state http.ConnState) {
	tracked, isOurs := conn.(*connection)
	if !isOurs {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, isOpen := c.open[tracked]; !isOpen {
		return
	}
	c.busy(tracked)
	if state == http.StateIdle {
		tracked.idle = c.idle.PushBack(tracked)
		c.changed.Broadcast()
	}
}

// admit makes room for a connection. It returns nil if the connection is not allowed.
func (c *connections) admit(conn *net.TCPConn) *connection {
	address := peer.Of(conn.RemoteAddr().String())
	made := &connection{TCPConn: conn, of: c, from: peer.Network(address), isProxy: c.proxies.Trust(address)}
	c.mu.Lock()
	defer c.mu.Unlock()
	for !made.isProxy && c.perAddress > 0 && c.byAddress[made.from] >= c.perAddress {
		if !c.evict(func(idle *connection) bool { return idle.from == made.from }) {
			return nil
		}
	}
	for len(c.open) >= c.most {
		if c.closed {
			return nil
		}
		if !c.evict(func(*connection) bool { return true }) {
			c.changed.Wait()
		}
	}
	c.open[made] = struct{}{}
	c.byAddress[made.from]++
	return made
}

// evict closes the longest idle connection that fits, and reports whether there was one.
func (c *connections) evict(fits func(*connection) bool) bool {
	for e := c.idle.Front(); e != nil; e = e.Next() {
		if idle := e.Value.(*connection); fits(idle) {
			c.remove(idle)
			_ = idle.TCPConn.Close() // the server's read fails
			return true
		}
	}
	return false
}

// busy removes a connection from the idle list.
func (c *connections) busy(conn *connection) {
	if conn.idle != nil {
		c.idle.Remove(conn.idle)
		conn.idle = nil
	}
}

func (c *connections) remove(conn *connection) {
	if _, isOpen := c.open[conn]; !isOpen {
		return
	}
	c.busy(conn)
	delete(c.open, conn)
	if c.byAddress[conn.from]--; c.byAddress[conn.from] == 0 {
		delete(c.byAddress, conn.from)
	}
	c.changed.Broadcast()
}

// Close implements [net.Conn].
func (c *connection) Close() error {
	c.of.mu.Lock()
	c.of.remove(c)
	c.of.mu.Unlock()
	return c.TCPConn.Close()
}
