package notifier

import (
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
	"newsbell/notifier/pushtest"
)

func TestAllWorkersHearOfAHostThatIsDownAndOfItsReturn(t *testing.T) {
	bus, err := StartBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	first, services := newPostroom(t, 1, 8)
	second := openPostroom(t, first.sender, 8)
	service := services[0]
	heard := make(chan struct{}, 10)
	for _, r := range []*postroom{first, second} {
		if _, err := newHostNews(bus.Conn).listen(func(e models.HostEvent) {
			r.hosts.hear(e)
			heard <- struct{}{}
		}); err != nil {
			t.Fatal(err)
		}
	}
	news := newHostNews(bus.Conn)
	for _, nonsense := range []string{"", "{", `{"host":""}`, `[]`, `{"host":7,"left_alone_ms":"x"}`} {
		if err := bus.Conn.Publish(models.SubjectHosts, []byte(nonsense)); err != nil {
			t.Fatal(err)
		}
	}
	service.Faults(always(pushtest.Answer{Reset: true}))
	first.sends(first.page(service, 50))
	asked := service.Stats().Requests
	news.tell(first.hears())
	<-heard
	<-heard
	service.Faults(nil)
	jobs := second.page(service, 10)
	if got := second.sends(jobs); got[0] != 10 || service.Stats().Requests != asked {
		t.Errorf("answers of the second worker = %v", got)
	}
	second.clock.Advance(jobs[0].answer.RetryAfter)
	if got := second.sends(second.page(service, 10)); got[201] != 10 {
		t.Errorf("answers of the second worker when it may try = %v", got)
	}
	news.tell(second.hears())
	<-heard
	<-heard
	if got := first.sends(first.page(service, 10)); got[201] != 10 {
		t.Errorf("answers of the first worker = %v", got)
	}
}

func TestAWorkerWhoseOwnNetworkIsDownStopsNoOther(t *testing.T) {
	r, services := newPostroom(t, 1, 8)
	r.sends(r.page(services[0], 5))
	down := models.HostEvent{Host: r.hosts.hostOf(services[0]).name, LeftAloneMS: 60_000}
	r.hosts.hear(down)
	if got := r.sends(r.page(services[0], 5)); got[201] != 5 {
		t.Errorf("a host that works here answered %v", got)
	}
	down.Asked = true
	r.hosts.hear(down)
	if got := r.sends(r.page(services[0], 5)); got[0] != 5 {
		t.Errorf("a host that asked for time answered %v", got)
	}
}

func TestAllWorkersShareTheLimitOfAHostThatThrottles(t *testing.T) {
	first, services := newPostroom(t, 1, 64)
	second := openPostroom(t, first.sender, 64)
	service := services[0]
	service.Faults(func(string) *pushtest.Answer {
		first.clock.Advance(limitEvery)
		return &pushtest.Answer{Status: 429}
	})
	first.sends(first.page(service, 200))
	event := first.hears()
	if event.Limit < 1 || event.Limit > 32 || event.LeftAloneMS > 0 {
		t.Fatalf("told %+v", event)
	}
	limit := func() float64 { return second.hosts.hostOf(service).limit.limit }
	second.hosts.hear(event)
	if limit() != 32 {
		t.Errorf("limit = %v; want half of what could be in flight", limit())
	}
	for range 10 {
		second.hosts.hear(event)
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

func TestNobodyIsBelievedForLongerThanAMinute(t *testing.T) {
	clock := &modelstest.Clock{}
	clock.Advance(time.Hour)
	hosts := newPool(PoolOptions{InFlight: 8, Now: clock.Now}).hosts
	hosts.hear(models.HostEvent{Host: "push.example", LeftAloneMS: 1 << 60})
	if wait := hosts.host("push.example").circuit.closedFor(clock.Now()); wait != hostRetryAfter {
		t.Errorf("left alone for %v", wait)
	}
}
