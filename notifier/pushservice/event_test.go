package pushservice

import (
	"testing"
	"time"

	"newsbell/models/modelstest"
	"newsbell/notifier/pushtest"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

func TestAllWorkersLearnThatAHostIsDownAndThatItIsBack(t *testing.T) {
	conn := startNATS(t)
	first, services := newTestPool(t, 1, 8)
	second := openTestPool(t, first.sender, 8)
	service := services[0]
	heard := make(chan struct{}, 10)
	for _, r := range []*testPool{first, second} {
		if _, err := NewBroadcast(conn).Listen(func(e Event) {
			r.hosts.receive(e)
			heard <- struct{}{}
		}); err != nil {
			t.Fatal(err)
		}
	}
	news := NewBroadcast(conn)
	for _, nonsense := range []string{"", "{", `{"host":""}`, `[]`, `{"host":7,"left_alone_ms":"x"}`} {
		if err := conn.Publish(Subject, []byte(nonsense)); err != nil {
			t.Fatal(err)
		}
	}
	service.Faults(always(pushtest.Answer{Reset: true}))
	first.sends(first.page(service, 50))
	asked := service.Stats().Requests
	news.Tell(first.hears())
	<-heard
	<-heard
	service.Faults(nil)
	jobs := second.page(service, 10)
	if got := second.sends(jobs); got[0] != 10 || service.Stats().Requests != asked {
		t.Errorf("answers of the second worker = %v", got)
	}
	second.clock.Advance(jobs[0].Answer.RetryAfter)
	if got := second.sends(second.page(service, 10)); got[201] != 10 {
		t.Errorf("answers of the second worker when it may try = %v", got)
	}
	news.Tell(second.hears())
	<-heard
	<-heard
	if got := first.sends(first.page(service, 10)); got[201] != 10 {
		t.Errorf("answers of the first worker = %v", got)
	}
}

func TestAWorkerWhoseOwnNetworkIsDownDoesNotStopOthers(t *testing.T) {
	r, services := newTestPool(t, 1, 8)
	r.sends(r.page(services[0], 5))
	down := Event{Host: r.hosts.hostOf(services[0]).name, PausedMS: 60_000}
	r.hosts.receive(down)
	if got := r.sends(r.page(services[0], 5)); got[201] != 5 {
		t.Errorf("a host that works here answered %v", got)
	}
	down.Asked = true
	r.hosts.receive(down)
	if got := r.sends(r.page(services[0], 5)); got[0] != 5 {
		t.Errorf("a host that asked for time answered %v", got)
	}
}

func TestAllWorkersShareTheLimitOfAHostThatThrottles(t *testing.T) {
	first, services := newTestPool(t, 1, 64)
	second := openTestPool(t, first.sender, 64)
	service := services[0]
	service.Faults(func(string) *pushtest.Answer {
		first.clock.Advance(limitEvery)
		return &pushtest.Answer{Status: 429}
	})
	first.sends(first.page(service, 200))
	event := first.hears()
	if event.Limit < 1 || event.Limit > 32 || event.PausedMS > 0 {
		t.Fatalf("told %+v", event)
	}
	limit := func() float64 { return second.hosts.hostOf(service).limit.limit }
	second.hosts.receive(event)
	if limit() != 32 {
		t.Errorf("limit = %v; want half of what could be in flight", limit())
	}
	for range 10 {
		second.hosts.receive(event)
	}
	if limit() != float64(event.Limit) {
		t.Errorf("limit = %v; want the %d of the other worker", limit(), event.Limit)
	}
	service.Faults(func(string) *pushtest.Answer {
		second.clock.Advance(limitEvery)
		return nil
	})
	for range 20 {
		second.sends(second.page(service, 100))
	}
	if limit() != 0 {
		t.Errorf("limit = %v; want none any more", limit())
	}
}

func TestAnEventPausesAHostForAtMostAMinute(t *testing.T) {
	clock := &modelstest.Clock{}
	clock.Advance(time.Hour)
	hosts := NewPool(Options{InFlight: 8, Now: clock.Now}).hosts
	hosts.receive(Event{Host: "push.example", PausedMS: 1 << 60})
	if wait := hosts.host("push.example").circuit.openFor(clock.Now()); wait != longestPause {
		t.Errorf("paused for %v", wait)
	}
}

// startNATS starts a NATS server, and connects to it.
func startNATS(t *testing.T) *nats.Conn {
	t.Helper()
	bus, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	bus.Start()
	t.Cleanup(bus.Shutdown)
	conn, err := nats.Connect("", nats.InProcessServer(bus))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}
