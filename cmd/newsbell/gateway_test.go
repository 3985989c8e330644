package main

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// gateway is the address of a server that may be away: until it leads
// somewhere, whoever connects is hung up on.
type gateway struct {
	net.Listener
	// knocks gets a word for each connection that was hung up on.
	knocks chan struct{}

	mu               sync.Mutex
	network, address string
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{Listener: listener, knocks: make(chan struct{}, 100)}
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
		serving.Wait()
	})
	return g
}

// leadTo lets connections through to a server.
func (g *gateway) leadTo(network, address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.network, g.address = network, address
}

func (g *gateway) pass(from net.Conn) {
	defer from.Close()
	g.mu.Lock()
	network, address := g.network, g.address
	g.mu.Unlock()
	if network == "" {
		select {
		case g.knocks <- struct{}{}:
		default: // nobody counts them
		}
		return
	}
	to, err := net.Dial(network, address)
	if err != nil {
		return
	}
	defer to.Close()
	var back sync.WaitGroup
	back.Go(func() {
		io.Copy(from, to)
		from.Close()
	})
	io.Copy(to, from)
	to.Close()
	back.Wait()
}

// journal is a log that can be waited for.
type journal struct {
	mu      sync.Mutex
	text    strings.Builder
	written chan struct{} // closed and renewed at each line
}

func newJournal() *journal { return &journal{written: make(chan struct{})} }

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	close(j.written)
	j.written = make(chan struct{})
	return j.text.Write(line)
}

// awaits waits until the log says something, and returns all it says.
func (j *journal) awaits(t *testing.T, words string) string {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		j.mu.Lock()
		text, written := j.text.String(), j.written
		j.mu.Unlock()
		if strings.Contains(text, words) {
			return text
		}
		select {
		case <-written:
		case <-late:
			t.Fatalf("nothing of %q in\n%s", words, text)
		}
	}
}
