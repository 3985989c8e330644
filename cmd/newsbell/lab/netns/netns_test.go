package netns_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"newsbell/cmd/newsbell/lab/netns"
)

// TestMain runs tests again in a network namespace.
func TestMain(m *testing.M) {
	if netns.Inside() {
		if err := netns.Enter(); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func TestAFirewallDropsPacketsWithoutResets(t *testing.T) {
	if !netns.Inside() {
		runInside(t)
		return
	}
	server := echo(t)
	firewall, err := netns.NewFirewall(t.Context(), server.Addr().(*net.TCPAddr).Port)
	if err != nil {
		t.Fatal(err)
	}
	change := func(to func(context.Context) error) {
		t.Helper()
		if err := to(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	first := dial(t, server)
	first.isAnswered(t)
	change(firewall.Forget)
	first.isSilent(t)
	second := dial(t, server)
	second.isAnswered(t)
	change(firewall.Cut)
	second.isSilent(t)
	connecting := net.Dialer{Timeout: silence}
	if _, err := connecting.DialContext(t.Context(), "tcp", server.Addr().String()); !os.IsTimeout(err) {
		t.Errorf("a new connection beyond the cut: %v; want a timeout", err)
	}
	change(firewall.Heal)
	second.hears(t) // what was sent before
	dial(t, server).isAnswered(t)
	first.isSilent(t)
}

// runInside runs this test in a network namespace.
func runInside(t *testing.T) {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("CI") == "true" {
		missing = t.Fatalf
	}
	if err := netns.Available(t.Context()); err != nil {
		missing("no network of its own: %v", err)
	}
	again := netns.Command(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	if output, err := again.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// silence is how long a test waits on a connection that must be silent.
const silence = 100 * time.Millisecond

// echo starts a server that echoes each line.
func echo(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			accepted, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = bufio.NewReader(accepted).WriteTo(accepted) }()
		}
	}()
	return listener
}

// conn is a connection to the echo.
type conn struct{ net.Conn }

func dial(t *testing.T, server net.Listener) conn {
	t.Helper()
	made, err := net.Dial("tcp", server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { made.Close() })
	return conn{made}
}

func (c conn) isAnswered(t *testing.T) {
	t.Helper()
	c.ask(t)
	c.hears(t)
}

func (c conn) isSilent(t *testing.T) {
	t.Helper()
	c.ask(t)
	if err := c.read(silence); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("it heard %v; want nothing", err)
	}
}

func (c conn) ask(t *testing.T) {
	t.Helper()
	if _, err := c.Write([]byte("?")); err != nil {
		t.Fatal(err)
	}
}

func (c conn) hears(t *testing.T) {
	t.Helper()
	if err := c.read(30 * time.Second); err != nil {
		t.Errorf("no answer: %v", err)
	}
}

func (c conn) read(within time.Duration) error {
	_ = c.SetReadDeadline(time.Now().Add(within))
	_, err := c.Read(make([]byte, 1))
	return err
}
