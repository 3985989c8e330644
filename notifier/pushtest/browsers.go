package pushtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/coder/websocket"
)

// browsers are the Firefoxes that have connected, by uaid.
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

// WaitHello waits until a Firefox is connected and greeted. Subscribing earlier can hang.
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

// DropBrowsers closes every WebSocket and waits until all browsers are disconnected.
// Browsers reconnect automatically.
func (s *Server) DropBrowsers() {
	s.browsers.mu.Lock()
	connected := slices.Collect(maps.Keys(s.browsers.connected))
	s.browsers.mu.Unlock()
	for _, c := range connected {
		_ = c.CloseNow()
		<-c.ended
	}
}

// findBrowser returns the browser with a uaid, or a new one. A browser that gets another
// uaid drops its subscriptions.
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

// greetedOne reports whether a greeted browser is connected, and returns a channel that is
// closed at the next hello.
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
