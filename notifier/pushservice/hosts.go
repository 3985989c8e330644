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
	// leftFree is how much of the pool no host takes: while 8 requests could be
	// in flight, 7 may be one host's. A host that hangs leaves an eighth to the
	// others, a second one an eighth of that.
	leftFree = 8
	// littleLeft is how many pushes keep a process busy for a moment, and
	// answersWithin how long a push service that works may be silent.
	littleLeft    = 500
	answersWithin = time.Second
	// watchEvery is how often silence is looked for, and how often others are
	// told of a host at most.
	watchEvery = 100 * time.Millisecond
	// stoodStill is how late a look must be for the process to have been stopped
	// in between, or its machine.
	stoodStill = time.Second
	// unknownTurn: while a host that has answered before has pushes, those that
	// never have get one turn in unknownTurn. Their names may have been invented.
	unknownTurn = 8
	// maxHosts is more than there are push services, and bounds what invented
	// names below *.push.apple.com and the like can use.
	maxHosts = 1000
)

// hosts decide which push is sent next: hosts that can take one, in turn.
type hosts struct {
	size    int
	silence time.Duration
	now     func() time.Time
	log     *slog.Logger

	mu       sync.Mutex
	work     *sync.Cond // something may begin, or the end has come
	byName   map[string]*host
	waiting  []*host // with pushes that have not begun; whose turn is next first
	unknown  []*host // the same of those that have never answered
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

// enqueue takes the batches of a page.
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

// next waits for a job that may begin. It returns false when there will be none.
func (s *hosts) next() (attempt, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		now := s.now()
		if h := s.pick(now); h != nil {
			a := s.begin(now, h)
			// Each goroutine wakes the next, as long as there is work.
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

// answered takes the answer of an attempt.
func (s *hosts) answered(a attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	a.batch.host.answered(s.now(), a)
	if s.idle > 0 {
		s.work.Signal()
	}
}

// hasRoom tells whether little is left to begin: less than half a page. What is
// kept for hosts that do not answer, or take few, is no reason to do nothing.
func (s *hosts) hasRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, left := s.now(), 0
	for _, h := range s.waiting {
		if !h.limit.isOn() && !h.circuit.isOpen() && now.Sub(h.heard) < answersWithin {
			left += h.queued
		}
	}
	return left < littleLeft
}

// State is what a process knows of a push service.
type State struct {
	// InFlight is how many requests have no answer yet.
	InFlight int
	// Paused says that nothing is sent to it for now.
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

// workingHost is the name of the push service that took a push last; none if
// nothing has been accepted.
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

// drop leaves the jobs that have not begun without an answer.
func (s *hosts) drop(batches map[batchKey]*batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range batches {
		b.host.giveBack(b, webpush.Answer{})
	}
}

// attribute says of a page's refused pushes whose fault that is, when all have been
// answered.
func (s *hosts) attribute(batches map[batchKey]*batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, b := range batches {
		b.attribute(now)
	}
}

// watch looks after the hosts until ctx ends.
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
		if time.Since(last) >= stoodStill {
			s.forgiveSilence()
		}
		last = time.Now()
		for _, event := range s.check() {
			tell(event)
		}
	}
}

// forgiveSilence blames no host for the time that this process stood still.
func (s *hosts) forgiveSilence() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.Warn("this process stood still for a while")
	now := s.now()
	for _, h := range s.byName {
		h.forgiveSilence(now)
	}
}

// check gives up what waits in vain, and returns what others should know.
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

// close lets the goroutines end when nothing is left to begin.
func (s *hosts) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.work.Broadcast()
}

// pick finds the host whose turn it is.
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

// queue lets a host wait for its turn.
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

// begin begins a host's next job; its next turn is after the others'.
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
