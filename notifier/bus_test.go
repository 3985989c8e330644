package notifier

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestANATSThatRefusesThePasswordIsNotReady(t *testing.T) {
	nats := runNATS(t, &server.Options{Username: "desk", Password: "right"})
	bus := openBus(t, BusOptions{URL: "nats://desk:wrong@" + nats.Addr().String()})
	saysNotReady(t, bus.Ready(soon(t)), "NATS is not connected")
}

func TestAQueueIsReadyWhenItTakesMessages(t *testing.T) {
	for what, o := range map[string]struct {
		server *server.Options
		words  string
	}{
		"it does":               {&server.Options{JetStream: true}, ""},
		"JetStream is disabled": {&server.Options{}, "the queue takes no messages"},
		"its store is full":     {&server.Options{JetStream: true, JetStreamMaxStore: 4096}, "the queue takes no messages"},
	} {
		t.Run(what, func(t *testing.T) {
			bus := openBus(t, BusOptions{URL: runNATS(t, o.server).ClientURL()})
			await(t, bus)
			q, err := newQueue(bus, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			if o.server.JetStream {
				if err := q.tryPrepare(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for id := int64(1); o.server.JetStreamMaxStore > 0 && err == nil; id++ {
				err = q.enqueue(t.Context(), models.ShardRef{ID: id})
			}
			if err := bus.Ready(soon(t)); err != nil {
				t.Errorf("NATS itself: %v", err)
			}
			for range 2 { // the second time the last probe is still there
				saysNotReady(t, q.ready(soon(t)), o.words)
			}
		})
	}
}

func TestNATSBehindAPrivateAuthorityIsReached(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	nats := runNATS(t, &server.Options{TLS: true, TLSConfig: web.TLS})
	authority := x509.NewCertPool()
	authority.AddCert(web.Certificate())
	bus := openBus(t, BusOptions{URL: nats.ClientURL(), RootCAs: authority})
	await(t, bus)
	stranger := openBus(t, BusOptions{URL: nats.ClientURL()})
	saysNotReady(t, stranger.Ready(soon(t)), "NATS is not connected")
}

func TestAConnectionToNATSThatFallsSilentIsMadeAnew(t *testing.T) {
	t.Parallel()
	gate := modelstest.NewGateway(t)
	gate.LeadTo("tcp", runNATS(t, &server.Options{}).Addr().String())
	bus := openBus(t, BusOptions{URL: "nats://" + gate.Addr().String()})
	await(t, bus)
	again := bus.Conn.StatusChanged(nats.CONNECTED)
	gate.Silence()
	connectsWithin(t, again, 15*time.Second)
	if err := bus.Ready(soon(t)); err != nil {
		t.Error(err)
	}
}

func TestAQueueThatDoesNotAnswerIsConnectedToAnew(t *testing.T) {
	bus := openBus(t, BusOptions{URL: runNATS(t, &server.Options{}).ClientURL()})
	await(t, bus)
	q, err := newQueue(bus, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	again := bus.Conn.StatusChanged(nats.CONNECTED)
	q.heard(context.DeadlineExceeded)
	q.heard(context.DeadlineExceeded)
	q.heard(errors.New("no such stream")) // it does answer
	for range maxUnanswered - 1 {
		q.heard(context.DeadlineExceeded)
	}
	if !bus.Conn.IsConnected() {
		t.Error("connected anew after too few questions without an answer")
	}
	q.heard(context.DeadlineExceeded)
	connectsWithin(t, again, patience)
}

// runNATS runs a NATS on any port of loopback.
func runNATS(t *testing.T, o *server.Options) *server.Server {
	t.Helper()
	o.Host, o.Port, o.StoreDir, o.NoLog, o.NoSigs = "127.0.0.1", -1, t.TempDir(), true, true
	nats, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	nats.Start()
	t.Cleanup(func() {
		nats.Shutdown()
		nats.WaitForShutdown()
	})
	if !nats.ReadyForConnections(patience) {
		t.Fatal("NATS is not ready")
	}
	return nats
}

func openBus(t *testing.T, o BusOptions) *Bus {
	t.Helper()
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	bus, err := OpenBus(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	return bus
}

// await waits until a bus is connected.
func await(t *testing.T, bus *Bus) {
	t.Helper()
	connected := bus.Conn.StatusChanged(nats.CONNECTED)
	if !bus.Conn.IsConnected() {
		connectsWithin(t, connected, patience)
	}
}

func connectsWithin(t *testing.T, connected <-chan nats.Status, within time.Duration) {
	t.Helper()
	select {
	case <-connected:
	case <-time.After(within):
		t.Fatalf("not connected within %s", within)
	}
}

// soon is as long as readiness may take.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// saysNotReady checks the words of an error; none when words is empty.
func saysNotReady(t *testing.T, err error, words string) {
	t.Helper()
	why, ok := errors.AsType[*models.NotReady](err)
	if words == "" && err != nil || words != "" && (!ok || why.Words != words) {
		t.Errorf("%v; want %q", err, words)
	}
}
