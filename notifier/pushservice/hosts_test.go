package pushservice

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"newsbell/models/modelstest"
	"newsbell/notifier/pushtest"
	"newsbell/notifier/webpush"
)

func TestAHostThatHangsDoesNotUseUpThePool(t *testing.T) {
	r, services := newTestPool(t, 2, 64)
	hanging, good := services[0], services[1]
	arrived := make(chan struct{}, 64)
	hanging.Faults(func(string) *pushtest.Answer {
		arrived <- struct{}{}
		return &pushtest.Answer{Hang: true}
	})
	stuck := r.page(hanging, 200)
	ended := r.begins(stuck)
	for range 56 { // seven eighths
		<-arrived
	}
	if got := r.sends(r.page(good, 200)); got[201] != 200 {
		t.Errorf("the good host's readers got %v", got)
	}
	r.clock.Advance(defaultSilence)
	r.hosts.check()
	<-ended
	for _, j := range stuck {
		if j.Answer.Verdict != webpush.RetryLater {
			t.Fatalf("answer = %+v", j.Answer)
		}
	}
	if got := r.sends(r.page(hanging, 50)); got[0] != 50 {
		t.Errorf("a silent host answered %v", got)
	}
	if asked := hanging.Stats().Requests; asked != 56 {
		t.Errorf("%d requests; want no more than hung at first", asked)
	}
}

func TestABusyProcessKeepsSending(t *testing.T) {
	r, services := newTestPool(t, 1, 8)
	var asked atomic.Int64
	r.isBusy = func() bool {
		asked.Add(1)
		return true
	}
	if got := r.sends(r.page(services[0], 50)); got[201] != 50 || asked.Load() < 50 {
		t.Errorf("answers = %v, asked %d times", got, asked.Load())
	}
}

// Each goroutine that encrypts sleeps after a message while the process is busy, so that
// requests have all cores; once it is not, none sleeps any more.
func TestEncryptionGivesWayWhileTheProcessIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var busy atomic.Bool
		sender := &countingSender{}
		pool := NewPool(Options{Sender: sender, Busy: busy.Load})
		defer pool.Start(func(Event) {})()
		encrypting := int64(runtime.GOMAXPROCS(0))
		jobs := make([]Job, 100*encrypting)
		for i := range jobs {
			jobs[i].Push.Endpoint = "https://fcm.googleapis.com/fcm/send/1"
		}
		busy.Store(true)
		go pool.Send(t.Context(), jobs, Source{})
		for pauses := range int64(5) {
			synctest.Wait() // until all sleep
			if got, want := sender.prepared.Load(), (pauses+1)*encrypting; got != want {
				t.Errorf("%d messages were encrypted before pause %d; want %d, one for each core", got, pauses+1, want)
			}
			time.Sleep(giveWay)
		}
		busy.Store(false)
		time.Sleep(giveWay) // the last pause
		synctest.Wait()
		if got := sender.prepared.Load(); got != int64(len(jobs)) {
			t.Errorf("%d of %d messages were encrypted when the process was no longer busy", got, len(jobs))
		}
	})
}

// countingSender is a sender whose pushes are all accepted at once.
type countingSender struct{ prepared atomic.Int64 }

func (s *countingSender) Prepare(*webpush.Push) webpush.Prepared {
	s.prepared.Add(1)
	return func(context.Context) webpush.Answer { return webpush.Answer{Verdict: webpush.Accepted, Status: 201} }
}

func TestAHostIsNotBlamedForASuspendedProcess(t *testing.T) {
	r, services := newTestPool(t, 1, 8)
	arrived, answer := make(chan struct{}, 10), make(chan struct{})
	services[0].Faults(func(string) *pushtest.Answer {
		arrived <- struct{}{}
		<-answer
		return nil
	})
	jobs := r.page(services[0], 5)
	ended := r.begins(jobs)
	for range jobs {
		<-arrived
	}
	r.clock.Advance(time.Hour)
	r.hosts.resetSilence()
	if news := r.hosts.check(); len(news) > 0 {
		t.Errorf("told %+v", news)
	}
	close(answer)
	<-ended
	if got := statuses(jobs); got[201] != 5 {
		t.Errorf("answers = %v", got)
	}
}

func TestAFewPushesThatHangDelayTheirPageOnlyBriefly(t *testing.T) {
	r, services := newTestPool(t, 1, 64)
	var pushes atomic.Int64
	services[0].Faults(func(string) *pushtest.Answer {
		if pushes.Add(1)%33 == 0 {
			return &pushtest.Answer{Hang: true}
		}
		return nil
	})
	jobs := r.page(services[0], 100)
	ended := r.begins(jobs)
	r.hosts.await(t, services[0], func(h *host) bool { return len(h.batches) == 1 && h.inFlight == 3 && h.queued == 0 })
	r.hosts.check()
	r.clock.Advance(stragglersGrace)
	r.hosts.check()
	<-ended
	if got := statuses(jobs); !maps.Equal(got, map[int]int{201: 97, 0: 3}) {
		t.Errorf("answers = %v", got)
	}
	if h := r.hosts.hostOf(services[0]); h.circuit.failures > 0 || h.circuit.isOpen() {
		t.Errorf("the host is blamed: %+v", h.circuit)
	}
}

func TestAHostThatFailsIsPausedUntilAProbeSucceeds(t *testing.T) {
	r, services := newTestPool(t, 1, 8)
	service := services[0]
	service.Faults(always(pushtest.Answer{Status: 500}))
	jobs := r.page(service, 100)
	if got := r.sends(jobs); got[500] < failuresInARow || got[500] > failuresInARow+7 {
		t.Errorf("answers = %v; want the host to be paused after %d failures", got, failuresInARow)
	}
	wait := jobs[99].Answer.RetryAfter
	if wait < firstProbe || wait > firstProbe*5/4 || jobs[99].Answer.Verdict != webpush.RetryLater {
		t.Errorf("answer of the last = %+v", jobs[99].Answer)
	}
	if got := r.sends(r.page(service, 10)); got[0] != 10 {
		t.Errorf("a host that is paused answered %v", got)
	}
	r.clock.Advance(wait)
	jobs = r.page(service, 10)
	if got := r.sends(jobs); !maps.Equal(got, map[int]int{500: 1, 0: 9}) {
		t.Errorf("answers = %v; want one probe", got)
	}
	wait = jobs[9].Answer.RetryAfter
	if wait < 2*firstProbe || wait > 2*firstProbe*5/4 {
		t.Errorf("paused for %v; want twice as long", wait)
	}
	service.Faults(nil)
	r.clock.Advance(wait)
	if got := r.sends(r.page(service, 10)); got[201] != 10 {
		t.Errorf("answers of the host that is back = %v", got)
	}
}

func TestAHostThatFailsSometimesIsNotPaused(t *testing.T) {
	r, services := newTestPool(t, 1, 8)
	var pushes atomic.Int64
	services[0].Faults(func(string) *pushtest.Answer {
		if pushes.Add(1)%8 == 0 {
			return &pushtest.Answer{Status: 403}
		}
		return &pushtest.Answer{Status: 500}
	})
	if got := r.sends(r.page(services[0], 160)); !maps.Equal(got, map[int]int{500: 140, 403: 20}) {
		t.Errorf("answers = %v; want each push tried", got)
	}
}

func TestASingle429ConcernsOnlyItsEndpoint(t *testing.T) {
	r, services := newTestPool(t, 1, 8)
	jobs := r.page(services[0], 30)
	services[0].Script(jobs[0].Push.Endpoint, pushtest.Answer{Status: 429, RetryAfter: "30"})
	if got := r.sends(jobs); !maps.Equal(got, map[int]int{429: 1, 201: 29}) {
		t.Errorf("answers = %v", got)
	}
	if a := jobs[0].Answer; a.Verdict != webpush.RetryLater || a.RetryAfter != 30*time.Second {
		t.Errorf("answer = %+v", a)
	}
}

func TestAHostThatThrottlesRepeatedlyIsPaused(t *testing.T) {
	r, services := newTestPool(t, 1, 8)
	service := services[0]
	service.Faults(always(pushtest.Answer{Status: 429, RetryAfter: "3600"}))
	jobs := r.page(service, 100)
	if got := r.sends(jobs); got[429] < manyThrottled || got[429] > manyThrottled+7 {
		t.Errorf("answers = %v; want the host to be paused after %d", got, manyThrottled)
	}
	if wait := jobs[99].Answer.RetryAfter; wait != longestPause {
		t.Errorf("the others wait %v; want a minute at most", wait)
	}
	service.Faults(nil)
	r.clock.Advance(longestPause - time.Second)
	if got := r.sends(r.page(service, 5)); got[0] != 5 {
		t.Errorf("answers before its time = %v", got)
	}
	r.clock.Advance(time.Second)
	if got := r.sends(r.page(service, 50)); got[201] != 50 {
		t.Errorf("answers after it = %v", got)
	}
}

func TestAFewRandom429sHardlyMatter(t *testing.T) {
	r, services := newTestPool(t, 1, 64)
	var pushes atomic.Int64
	services[0].Faults(func(string) *pushtest.Answer {
		r.clock.Advance(time.Millisecond)
		if pushes.Add(1)%20 == 0 {
			return &pushtest.Answer{Status: 429, RetryAfter: "60"}
		}
		return nil
	})
	if got := r.sends(r.page(services[0], 1000)); !maps.Equal(got, map[int]int{429: 50, 201: 950}) {
		t.Errorf("answers = %v; want each push tried", got)
	}
	if limit := r.hosts.hostOf(services[0]).limit; limit.isOn() && limit.limit < 40 {
		t.Errorf("the host may have %v in flight", limit.limit)
	}
}

func TestPushesBeyondAHostsLimitAreRetriedSoon(t *testing.T) {
	r, services := newTestPool(t, 1, 8)
	service := services[0]
	service.Faults(func(string) *pushtest.Answer {
		r.clock.Advance(limitEvery)
		return &pushtest.Answer{Status: 429}
	})
	r.sends(r.page(service, 100))
	asked := service.Stats().Requests
	arrived, answer := make(chan struct{}, 20), make(chan struct{})
	service.Faults(func(string) *pushtest.Answer {
		arrived <- struct{}{}
		<-answer
		return nil
	})
	jobs := r.page(service, 20)
	ended := r.begins(jobs)
	<-arrived
	r.clock.Advance(turnTimeout)
	r.hosts.check()
	close(answer)
	<-ended
	got := statuses(jobs)
	if tried := service.Stats().Requests - asked; tried >= 8 || got[201] != tried || got[0] != 20-tried {
		t.Errorf("answers = %v after %d requests; want few at a time", got, tried)
	}
	if a := jobs[19].Answer; a.Verdict != webpush.RetryLater || a.RetryAfter != turnRetry {
		t.Errorf("answer of the last = %+v", a)
	}
}

func TestALimitShrinksWithThrottlingAndIsRemovedAfterwards(t *testing.T) {
	clock := &modelstest.Clock{}
	limit := inFlightLimit{most: 1000}
	window := func(throttled bool) {
		for range limitAnswers - 1 {
			limit.count(clock.Now(), 800, throttled)
		}
		clock.Advance(limitEvery)
		limit.count(clock.Now(), 800, throttled)
	}
	window(false)
	if limit.isOn() {
		t.Error("a host without a 429 is limited")
	}
	window(true)
	if limit.limit != 400 {
		t.Errorf("limit = %v; want half of what was in flight", limit.limit)
	}
	for range 20 {
		window(true)
	}
	if limit.limit != 1 || !limit.admits(0) || limit.admits(1) {
		t.Errorf("limit = %v; want one at a time", limit.limit)
	}
	windows := 0
	for ; limit.isOn() && windows < 1000; windows++ {
		before := limit.limit
		if window(false); limit.isOn() && limit.limit > before*1.05+1.01 {
			t.Fatalf("grew from %v to %v", before, limit.limit)
		}
	}
	if windows < 50 || windows > 150 {
		t.Errorf("unlimited after %d windows", windows)
	}
}

// hostOf returns the host of a push service.
func (s *hosts) hostOf(service *pushtest.Server) *host {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.host(service.URL()[len("https://"):])
}

// await waits until ready is true for the host of a push service.
func (s *hosts) await(t *testing.T, service *pushtest.Server, ready func(*host) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	isReady := func() bool {
		h := s.hostOf(service)
		s.mu.Lock()
		defer s.mu.Unlock()
		return ready(h)
	}
	for !isReady() {
		select {
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		case <-time.After(time.Millisecond):
		}
	}
}

func TestHostsThatNeverAnswerDoNotDelayTheirPage(t *testing.T) {
	r, services := newTestPool(t, 3, 64)
	known, unknown, silent := services[0], services[1], services[2]
	r.sends(r.page(known, 5))
	hanging := make(chan struct{}, 2)
	for _, service := range []*pushtest.Server{unknown, silent} {
		service.Faults(func(string) *pushtest.Answer {
			hanging <- struct{}{}
			return &pushtest.Answer{Hang: true}
		})
	}
	jobs := slices.Concat(r.page(known, 40), r.page(unknown, 1), r.page(silent, 1))
	ended := r.begins(jobs)
	<-hanging
	<-hanging
	r.hosts.await(t, known, func(h *host) bool { return len(h.batches) == 0 })
	r.hosts.check()
	r.clock.Advance(unknownTimeout)
	r.hosts.check()
	<-ended
	if got := statuses(jobs); !maps.Equal(got, map[int]int{201: 40, 0: 2}) {
		t.Errorf("answers = %v", got)
	}
	unknown.Faults(nil)
	if got := r.sends(r.page(unknown, 1)); got[201] != 1 {
		t.Errorf("a host that answers now: %v", got)
	}
}
