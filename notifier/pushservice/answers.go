package pushservice

import (
	"math/bits"
	"net/http"
	"time"

	"newsbell/notifier/webpush"
)

const (
	// longestPause bounds how long a Retry-After holds back a whole host.
	longestPause = time.Minute
	// A host as such is held back when it asks for time in more than half of so
	// many last answers.
	recentAnswers = 20
	manyThrottled = recentAnswers/2 + 1
)

const throttles = "it asks for time"

// learn learns from an answer. Of a host that is paused, only what came
// of the probe counts.
func (h *host) learn(now time.Time, of attempt) {
	a, probe := of.job.Answer, of.probe
	h.answers, h.unresolved = h.answers || a.Status != 0, a.Unresolved
	if a.IsRefusal() {
		h.refuses(now, of)
	}
	if h.circuit.isOpen() && !(probe && h.circuit.probing) {
		return
	}
	h.circuit.probing = false
	throttled := a.Status == http.StatusTooManyRequests || a.Status == http.StatusNotAcceptable
	failed := a.Verdict == webpush.RetryLater && (a.Status == 0 || a.Status >= 500)
	if a.Status != 0 && !failed {
		h.circuit.failures = 0
	}
	if a.Status != 0 {
		h.recent = h.recent << 1 & (1<<recentAnswers - 1)
		if throttled {
			h.recent |= 1
		}
		if h.limit.count(now, h.inFlight+1, throttled) {
			h.changed = true
		}
	}
	switch {
	case a.Verdict == webpush.Accepted:
		h.works(now)
		h.accepts(now, of)
	case a.Verdict == webpush.Gone, a.IsRefusal():
		h.works(now)
	case throttled:
		h.throttles(now, a, probe)
	case failed:
		if wait := h.circuit.fail(a.RetryAfter); wait > 0 {
			h.pause(now, wait, "it fails: "+a.ForLog())
		}
	}
}

func (h *host) works(now time.Time) {
	h.worked = now
	if h.circuit.isOpen() {
		h.log.Info("a push service takes pushes again", "host", h.name)
		h.changed = true
	}
	h.circuit, h.asked = circuit{}, false
}

// throttles holds the host back if it asks for that again and again. One 429
// is about its endpoint: the answer says when that may be tried again.
func (h *host) throttles(now time.Time, a webpush.Answer, probe bool) {
	switch {
	case a.RetryAfter > 0 && (probe || bits.OnesCount32(h.recent) >= manyThrottled):
		h.pause(now, min(a.RetryAfter, longestPause), throttles)
	case probe:
		h.pause(now, h.circuit.trip(0), throttles)
	}
}

// pause sends back what has not begun; after the wait one push may try.
func (h *host) pause(now time.Time, wait time.Duration, why string) {
	h.log.Warn("a push service is paused", "host", h.name, "why", why, "for", wait.Round(time.Millisecond))
	h.circuit.open(now, wait)
	h.asked, h.changed = why == throttles, true
	h.returnAll(h.paused(wait), func(*batch) bool { return true })
}

// paused answers who has to wait. That is no try, unless there is nothing to
// wait for: a name that leads nowhere.
func (h *host) paused(wait time.Duration) webpush.Answer {
	return webpush.Answer{
		Verdict: webpush.RetryLater, RetryAfter: wait, NotAttempted: !h.unresolved, Unresolved: h.unresolved,
		Reason: "the push service is paused for now",
	}
}
