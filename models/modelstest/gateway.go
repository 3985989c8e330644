package modelstest

import (
	"net"
	"sync"
	"testing"
)

// Gateway is the address of a server that may be unreachable or silent. Until it leads
// somewhere, it closes every connection.
type Gateway struct {
	net.Listener
	// Knocks gets a value for each connection that was closed at once, and Swallowed one
	// for each time that something was sent on a silent connection.
	Knocks, Swallowed chan struct{}

	mu               sync.Mutex
	network, address string
	isSilent         bool // new connections are
	passing          map[*passage]struct{}
}

// passage is a connection and the one that it is passed on to.
type passage struct {
	from, to net.Conn
	mu       sync.Mutex
	isSilent bool
}

// NewGateway makes a gateway that lives as long as the test.
func NewGateway(t testing.TB) *Gateway {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &Gateway{
		Listener: listener, Knocks: make(chan struct{}, 100), Swallowed: make(chan struct{}, 100), passing: map[*passage]struct{}{},
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { g.pass(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		g.hangUp()
		serving.Wait()
	})
	return g
}

// LeadTo lets connections through to a server.
func (g *Gateway) LeadTo(network, address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.network, g.address = network, address
}

// Silence drops what is sent on all open connections, in both directions, for good, and
// closes none. New connections pass, as behind a firewall that has lost its state.
func (g *Gateway) Silence() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for p := range g.passing {
		p.silence()
	}
}

// Cut silences new connections too, until Heal.
func (g *Gateway) Cut() {
	g.setSilent(true)
	g.Silence()
}

// Heal lets new connections pass.
func (g *Gateway) Heal() { g.setSilent(false) }

func (g *Gateway) setSilent(isSilent bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.isSilent = isSilent
}

func (g *Gateway) hangUp() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for p := range g.passing {
		p.from.Close()
		p.to.Close()
	}
}

func (g *Gateway) pass(from net.Conn) {
	defer from.Close()
	g.mu.Lock()
	network, address := g.network, g.address
	g.mu.Unlock()
	if network == "" {
		notify(g.Knocks)
		return
	}
	to, err := net.Dial(network, address)
	if err != nil {
		return
	}
	defer to.Close()
	p := &passage{from: from, to: to}
	g.mu.Lock()
	p.isSilent = g.isSilent
	g.passing[p] = struct{}{}
	g.mu.Unlock()
	var back sync.WaitGroup
	back.Go(func() {
		g.copy(p, from, to)
	})
	g.copy(p, to, from)
	back.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.passing, p)
}

// copy passes bytes on until one side closes the connection, and then closes the other,
// unless the passage is silent.
func (g *Gateway) copy(p *passage, to, from net.Conn) {
	defer func() {
		if !p.swallows() {
			to.Close()
		}
	}()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if p.swallows() {
			notify(g.Swallowed)
		} else if _, writeErr := to.Write(buffer[:n]); writeErr != nil {
			return
		}
		if err != nil {
			return
		}
	}
}

func (p *passage) silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isSilent = true
}

func (p *passage) swallows() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.isSilent
}

func notify(listener chan struct{}) {
	select {
	case listener <- struct{}{}:
	default: // no test waits for it
	}
}
