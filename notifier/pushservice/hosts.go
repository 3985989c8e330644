package pushservice

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"newsbell/notifier/webpush"
)

const (
	// One leftFree-th of the free pool is never given to one host: of 8 requests, 7 may be
	// one host's. A host that hangs leaves an eighth to the others, a second one an eighth
	// of that.
	leftFree = 8
	// littleLeft is the number of queued pushes below which the pool has room, and
	// answersWithin how long a working push service may be silent.
	littleLeft    = 500
	answersWithin = time.Second
	// watchEvery is the interval between checks, and the minimum interval between events
	// about a host.
	watchEvery = 100 * time.Millisecond
	// suspendedAfter is the delay of a check after which this process, or its machine, must
	// have been suspended.
	suspendedAfter = time.Second
	// unknownTurn: while hosts that have answered before have pushes, hosts that never have
	// get one turn in unknownTurn, because their names may be invented.
	unknownTurn = 8
	// maxHosts is more than there are push services. It limits the memory for invented
	// names below *.push.apple.com and the like.
	maxHosts = 1000
)

// hosts decides which push is sent next: it gives turns to the hosts that can take one.
type hosts struct {
	size    int
	silence time.Duration
	now     func() time.Time
	log     *slog.Logger

	mu       sync.Mutex
	work     *sync.Cond // signalled when a job may begin, and at the end
	byName   map[string]*host
	waiting  []*host // hosts with queued pushes, in the order of their turns
	unknown  []*host // the same for hosts that have never answered
	turn     int
	inFlight int
	idle     int // goroutines that wait for work
	closed   bool
}

func newHosts(o Options) *hosts {
	s := &hosts{size: o.InFlight, silence: o.Silence, now: o.Now, log: o.Log, byName: map[string]*host{}}
	s.work = sync.NewCond(&s.mu)
	return s
}

// enqueue queues the batches of a page.
func (s *hosts) enqueue(batches map[batchKey]*batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for key, b := range batches {
		h := s.host(key.host)
		b.host, b.since = h, now
		if h.take(now, b); h.queued > 0 {
			s.queue(h)
		}
	}
	s.work.Signal()
}

// next waits for a job that may begin. It returns false after close, when none is left.
func (s *hosts) next() (attempt, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		now := s.now()
		if h := s.pick(now); h != nil {
			a := s.begin(now, h)
			// Each goroutine wakes the next while there is work.
			if s.idle > 0 && s.pick(now) != nil {
				s.work.Signal()
			}
			return a, true
		}
		if s.closed {
			return attempt{}, false
		}
		s.idle++
		s.work.Wait()
		s.idle--
	}
}

// answered handles the answer to an attempt.
func (s *hosts) answered(a attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	a.batch.host.answered(s.now(), a)
	if s.idle > 0 {
		s.work.Signal()
	}
}

// hasRoom reports whether few pushes are queued: less than half a page. Those for hosts
// that do not answer, or that are limited, do not count.
func (s *hosts) hasRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, left := s.now(), 0
	for _, h := range s.waiting {
		if !h.limit.isOn() && !h.circuit.isOpen() && now.Sub(h.lastAnswer) < answersWithin {
			left += h.queued
		}
	}
	return left < littleLeft
}

// State is what a process knows about a push service.
type State struct {
	// InFlight is the number of requests without an answer.
	InFlight int
	// Paused says that the circuit is open.
	Paused bool
}

func (s *hosts) state(name string) (state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.byName[name]; h != nil {
		state = State{h.inFlight, h.circuit.isOpen()}
	}
	return state
}

// workingHost returns the name of the push service that accepted a push last; empty if
// none has.
func (s *hosts) workingHost() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var last *host
	for _, h := range s.byName {
		if !h.worked.IsZero() && (last == nil || h.worked.After(last.worked)) {
			last = h
		}
	}
	if last == nil {
		return ""
	}
	if name, _, err := net.SplitHostPort(last.name); err == nil {
		return name
	}
	return last.name
}

// drop removes the jobs that have not begun, which keep the zero answer.
func (s *hosts) drop(batches map[batchKey]*batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range batches {
		b.host.nack(b, webpush.Answer{})
	}
}

// attribute decides for a page's refused pushes, once all have been answered, whether the
// subscriptions are at fault.
func (s *hosts) attribute(batches map[batchKey]*batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, b := range batches {
		b.attribute(now)
	}
}

// watch checks the hosts regularly until ctx is done, and reports events with tell.
func (s *hosts) watch(ctx context.Context, tell func(Event)) {
	last := time.Now()
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if time.Since(last) >= suspendedAfter {
			s.resetSilence()
		}
		last = time.Now()
		for _, event := range s.check() {
			tell(event)
		}
	}
}

// resetSilence restarts all timeouts after this process was suspended.
func (s *hosts) resetSilence() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.Warn("this process was suspended for a while")
	now := s.now()
	for _, h := range s.byName {
		h.resetSilence(now)
	}
}

// check cancels jobs that waited too long, and returns the events for other processes.
func (s *hosts) check() (news []Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.giveUpUnanswering(now)
	for _, h := range s.byName {
		h.check(now, s.silence)
		if h.changed {
			h.changed = false
			news = append(news, h.news(now))
		}
	}
	return news
}

// close ends the goroutines once no job is queued.
func (s *hosts) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.work.Broadcast()
}

// pick returns the host whose turn it is; nil if no job may begin.
func (s *hosts) pick(now time.Time) *host {
	first, second := s.waiting, s.unknown
	if s.turn%unknownTurn == 0 {
		first, second = second, first
	}
	if h := s.pickOf(now, first); h != nil {
		return h
	}
	return s.pickOf(now, second)
}

func (s *hosts) pickOf(now time.Time, waiting []*host) *host {
	for _, h := range waiting {
		if h.mayBegin(now) && h.inFlight < (leftFree-1)*(s.size-s.inFlight) {
			return h
		}
	}
	return nil
}

// queue puts a host into the queue for its turn.
func (s *hosts) queue(h *host) {
	if slices.Contains(s.waiting, h) || slices.Contains(s.unknown, h) {
		return
	}
	if h.answers {
		s.waiting = append(s.waiting, h)
	} else {
		s.unknown = append(s.unknown, h)
	}
}

// begin starts a host's next job and moves the host to the end of the queue.
func (s *hosts) begin(now time.Time, h *host) attempt {
	a := h.begin(now)
	s.inFlight++
	s.turn++
	isDone := func(w *host) bool { return w == h || w.queued == 0 }
	s.waiting, s.unknown = slices.DeleteFunc(s.waiting, isDone), slices.DeleteFunc(s.unknown, isDone)
	if h.queued > 0 {
		s.queue(h)
	}
	return a
}

func (s *hosts) host(name string) *host {
	h, ok := s.byName[name]
	if !ok {
		if len(s.byName) >= maxHosts {
			maps.DeleteFunc(s.byName, func(_ string, h *host) bool { return len(h.batches) == 0 })
		}
		h = newHost(name, s.size, s.log)
		s.byName[name] = h
	}
	return h
}
