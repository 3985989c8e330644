package pushservice

import (
	"log/slog"
	"slices"
	"time"

	"newsbell/notifier/webpush"
)

const (
	// defaultSilence is how long a host may answer nothing at all while requests
	// are in flight. They are given up then, so that no page waits longer.
	defaultSilence = 5 * time.Second
	// turnPatience is how long a push may wait for its turn at a host that is
	// limited; turnRetry is when it should come again.
	turnPatience = 2 * time.Second
	turnRetry    = time.Second
)

// host is what this process knows of a push service, and what it has for it. The
// lock of [hosts] guards it.
type host struct {
	name     string
	log      *slog.Logger
	batches  []*batch // of the pages being sent, oldest first
	queued   int      // jobs that have not begun
	inFlight int
	heard    time.Time // when it answered last, or began to have something to answer
	worked   time.Time // when it took a push last
	limit    inFlightLimit
	circuit  circuit
	refusals map[int64]*refusals // by VAPID key
	recent   uint32              // the last answers, a bit each: whether it asked for time
	asked    bool                // it asked for a pause
	changed  bool                // others have not been told yet
	// answers says that it has answered something, ever; unresolved that its name
	// led nowhere when it was tried last.
	answers, unresolved bool
	patience            time.Duration // of a page that waits only for hosts that never answered
}

func newHost(name string, most int, log *slog.Logger) *host {
	return &host{name: name, log: log, limit: inFlightLimit{most: most}, refusals: map[int64]*refusals{}, patience: unknownPatience}
}

// take takes a page's batch, or sends it back if the host is paused.
func (h *host) take(now time.Time, b *batch) {
	b.refusals = h.refusalsOf(b.vapidID)
	h.batches = append(h.batches, b)
	h.queued += len(b.jobs)
	if wait := h.circuit.closedFor(now); wait > 0 {
		h.giveBack(b, h.paused(wait))
		return
	}
	h.sample(now, b)
}

func (h *host) mayBegin(now time.Time) bool {
	return h.queued > 0 && h.limit.admits(h.inFlight) && h.circuit.closedFor(now) == 0 && h.next(now) != nil
}

// next is the batch whose turn it is; nil if none may begin.
func (h *host) next(now time.Time) *batch {
	for _, b := range h.batches {
		if len(b.jobs) > 0 && b.refusals.admits(now, b) {
			return b
		}
	}
	return nil
}

// begin begins the oldest job. If it is to show whether the host is back, the
// rest of its page waits for that, and all others go back.
func (h *host) begin(now time.Time) attempt {
	b := h.next(now)
	a := attempt{job: b.jobs[0], batch: b, probe: h.circuit.isOpen(), sampleOf: b.refusals.begin(b)}
	b.jobs = b.jobs[1:]
	b.inFlight++
	h.queued--
	if h.inFlight++; h.inFlight == 1 {
		h.heard = now
	}
	if a.probe {
		h.circuit.probing = true
		h.returnAll(h.paused(h.circuit.closedFor(now)), func(other *batch) bool { return other != b })
	}
	return a
}

func (h *host) answered(now time.Time, a attempt) {
	h.inFlight--
	a.batch.inFlight--
	a.batch.refusals.end(a)
	if !a.isGivenUp() {
		h.heard = now
		h.learn(now, a)
	}
	h.settle(now, a.batch.refusals)
	h.forgetDone()
	a.batch.page.left--
	a.batch.page.pending.Done()
}

// forgiveSilence gives the host the time that this process stood still.
func (h *host) forgiveSilence(now time.Time) {
	h.heard = now
	for _, b := range h.batches {
		if !b.few.IsZero() {
			b.few = now
		}
	}
}

// check gives up what waits in vain: for a host that says nothing, or for a
// turn at a host that takes few.
func (h *host) check(now time.Time, silence time.Duration) {
	if h.inFlight > 0 && now.Sub(h.heard) >= silence {
		h.heard = now
		if !h.circuit.isOpen() || h.circuit.probing {
			h.pause(now, h.circuit.trip(0), "it has fallen silent")
		}
		for _, b := range h.batches {
			b.giveUp(errSilent)
		}
	}
	for _, b := range h.batches {
		b.giveUpStragglers(now)
	}
	if h.limit.isOn() {
		h.returnAll(webpush.Answer{Verdict: webpush.RetryLater, RetryAfter: turnRetry, NotAttempted: true, Reason: "the push service takes few at a time"},
			func(b *batch) bool { return now.Sub(b.since) >= turnPatience })
	}
}

func (h *host) returnAll(a webpush.Answer, match func(*batch) bool) {
	for _, b := range h.batches {
		if match(b) {
			h.queued -= b.giveBack(a)
		}
	}
	h.forgetDone()
}

func (h *host) giveBack(b *batch, a webpush.Answer) {
	h.queued -= b.giveBack(a)
	h.forgetDone()
}

func (h *host) forgetDone() { h.batches = slices.DeleteFunc(h.batches, (*batch).isDone) }
