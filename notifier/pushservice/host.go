package pushservice

import (
	"log/slog"
	"slices"
	"time"

	"newsbell/notifier/webpush"
)

const (
	// defaultSilence is how long a host may answer nothing while requests are in flight.
	// Then they are cancelled, so that no page waits longer.
	defaultSilence = 5 * time.Second
	// turnTimeout is how long a push may wait for its turn at a limited host; turnRetry is
	// when it should be tried again.
	turnTimeout = 2 * time.Second
	turnRetry   = time.Second
)

// host is what this process knows about a push service, and its queued pushes. The lock of
// [hosts] guards it.
type host struct {
	name       string
	log        *slog.Logger
	batches    []*batch // of the pages being sent, oldest first
	queued     int      // jobs that have not begun
	inFlight   int
	lastAnswer time.Time // when it last answered, or got a request while it had none
	worked     time.Time // when it last accepted a push
	limit      inFlightLimit
	circuit    circuit
	refusals   map[int64]*refusals // by VAPID key
	recent     uint32              // the last answers, one bit each: whether it throttled
	asked      bool                // the host itself asked for the pause
	changed    bool                // other processes do not know the state yet
	// answers says that it has ever answered; unresolved that its name did not resolve at
	// the last attempt.
	answers, unresolved bool
	timeout             time.Duration // of a page that waits only for hosts that never answered
}

func newHost(name string, most int, log *slog.Logger) *host {
	return &host{name: name, log: log, limit: inFlightLimit{most: most}, refusals: map[int64]*refusals{}, timeout: unknownTimeout}
}

// take queues a page's batch, or nacks it if the host is paused.
func (h *host) take(now time.Time, b *batch) {
	b.refusals = h.refusalsOf(b.vapidID)
	h.batches = append(h.batches, b)
	h.queued += len(b.jobs)
	if wait := h.circuit.openFor(now); wait > 0 {
		h.nack(b, h.paused(wait))
		return
	}
	h.sample(now, b)
}

func (h *host) mayBegin(now time.Time) bool {
	return h.queued > 0 && h.limit.admits(h.inFlight) && h.circuit.openFor(now) == 0 && h.next(now) != nil
}

// next returns the batch whose turn it is; nil if none may begin.
func (h *host) next(now time.Time) *batch {
	for _, b := range h.batches {
		if len(b.jobs) > 0 && b.refusals.admits(now, b) {
			return b
		}
	}
	return nil
}

// begin starts the oldest job. If it is a probe, the rest of its page waits for the result,
// and the jobs of other pages are nacked.
func (h *host) begin(now time.Time) attempt {
	b := h.next(now)
	a := attempt{job: b.jobs[0], batch: b, probe: h.circuit.isOpen(), sampleOf: b.refusals.begin(b)}
	b.jobs = b.jobs[1:]
	b.inFlight++
	h.queued--
	if h.inFlight++; h.inFlight == 1 {
		h.lastAnswer = now
	}
	if a.probe {
		h.circuit.probing = true
		h.returnAll(h.paused(h.circuit.openFor(now)), func(other *batch) bool { return other != b })
	}
	return a
}

func (h *host) answered(now time.Time, a attempt) {
	h.inFlight--
	a.batch.inFlight--
	a.batch.refusals.end(a)
	if !a.isGivenUp() {
		h.lastAnswer = now
		h.learn(now, a)
	}
	h.settle(now, a.batch.refusals)
	h.forgetDone()
	a.batch.page.left--
	a.batch.page.pending.Done()
}

// resetSilence restarts the host's timeouts after this process was suspended.
func (h *host) resetSilence(now time.Time) {
	h.lastAnswer = now
	for _, b := range h.batches {
		if !b.few.IsZero() {
			b.few = now
		}
	}
}

// check cancels jobs that waited too long: for a silent host, or for their turn at a limited
// host.
func (h *host) check(now time.Time, silence time.Duration) {
	if h.inFlight > 0 && now.Sub(h.lastAnswer) >= silence {
		h.lastAnswer = now
		if !h.circuit.isOpen() || h.circuit.probing {
			h.pause(now, h.circuit.trip(0), "it stopped answering")
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
			func(b *batch) bool { return now.Sub(b.since) >= turnTimeout })
	}
}

func (h *host) returnAll(a webpush.Answer, match func(*batch) bool) {
	for _, b := range h.batches {
		if match(b) {
			h.queued -= b.nack(a)
		}
	}
	h.forgetDone()
}

func (h *host) nack(b *batch, a webpush.Answer) {
	h.queued -= b.nack(a)
	h.forgetDone()
}

func (h *host) forgetDone() { h.batches = slices.DeleteFunc(h.batches, (*batch).isDone) }
