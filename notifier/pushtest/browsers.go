package pushtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/coder/websocket"
)

// browsers are the Firefoxes that have connected, by their uaid.
type browsers struct {
	mu        sync.Mutex
	byUAID    map[string]*browser
	connected map[*connection]bool // whether it has been greeted
	greeted   chan struct{}        // closed and renewed at each hello
}

// connection is one WebSocket of a browser.
type connection struct {
	*websocket.Conn
	ended chan struct{} // closed when nothing serves it any more
}

func newBrowsers() browsers {
	return browsers{
		byUAID: map[string]*browser{}, connected: map[*connection]bool{}, greeted: make(chan struct{}),
	}
}

// WaitHello waits until a Firefox is connected and has been greeted: to
// subscribe earlier can hang.
func (s *Server) WaitHello(ctx context.Context) error {
	for {
		there, greeted := s.browsers.greetedOne()
		if there {
			return nil
		}
		select {
		case <-greeted:
		case <-ctx.Done():
			return fmt.Errorf("wait for a browser's hello: %w", ctx.Err())
		}
	}
}

// DropBrowsers ends every WebSocket and waits until each browser is known to be
// away. Browsers connect again by themselves.
func (s *Server) DropBrowsers() {
	s.browsers.mu.Lock()
	connected := slices.Collect(maps.Keys(s.browsers.connected))
	s.browsers.mu.Unlock()
	for _, c := range connected {
		_ = c.CloseNow()
		<-c.ended
	}
}

// findBrowser knows a browser by its uaid, or makes a new one. A browser that
// is given another uaid than its own gives up its subscriptions.
func (s *Server) findBrowser(uaid string) *browser {
	s.browsers.mu.Lock()
	defer s.browsers.mu.Unlock()
	b, ok := s.browsers.byUAID[uaid]
	if !ok {
		b = &browser{server: s, uaid: newID(), channels: map[string]channel{}}
		s.browsers.byUAID[b.uaid] = b
	}
	return b
}

// greetedOne says whether a greeted browser is connected, and what is closed when
// there is another.
func (b *browsers) greetedOne() (bool, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, greeted := range b.connected {
		if greeted {
			return true, nil
		}
	}
	return false, b.greeted
}

func (b *browsers) join(c *connection) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.connected[c] = false
}

func (b *browsers) greet(c *connection) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.connected[c] = true
	close(b.greeted)
	b.greeted = make(chan struct{})
}

func (b *browsers) leave(c *connection) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.connected, c)
}
