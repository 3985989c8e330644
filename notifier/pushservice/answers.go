package pushservice

import (
	"math/bits"
	"net/http"
	"time"

	"newsbell/notifier/webpush"
)

const (
	// longestPause is the maximum time for which a Retry-After pauses a whole host.
	longestPause = time.Minute
	// A host is paused if it throttled more than half of its last answers.
	recentAnswers = 20
	manyThrottled = recentAnswers/2 + 1
)

const throttles = "it asks for time"

// learn updates the host's state with an answer. While the host is paused, only the
// answer to the probe counts.
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
		h.log.Info("a push service accepts pushes again", "host", h.name)
		h.changed = true
	}
	h.circuit, h.asked = circuit{}, false
}

// throttles pauses the host if it throttles repeatedly. A single 429 concerns only its
// endpoint, and the answer says when to retry that.
func (h *host) throttles(now time.Time, a webpush.Answer, probe bool) {
	switch {
	case a.RetryAfter > 0 && (probe || bits.OnesCount32(h.recent) >= manyThrottled):
		h.pause(now, min(a.RetryAfter, longestPause), throttles)
	case probe:
		h.pause(now, h.circuit.trip(0), throttles)
	}
}

// pause opens the circuit and nacks the jobs that have not begun. After the wait, one push
// probes the host.
func (h *host) pause(now time.Time, wait time.Duration, why string) {
	h.log.Warn("a push service is paused", "host", h.name, "why", why, "for", wait.Round(time.Millisecond))
	h.circuit.open(now, wait)
	h.asked, h.changed = why == throttles, true
	h.returnAll(h.paused(wait), func(*batch) bool { return true })
}

// paused returns the answer to a push while the host is paused. It is not attempted, unless
// the host's name does not resolve.
func (h *host) paused(wait time.Duration) webpush.Answer {
	return webpush.Answer{
		Verdict: webpush.RetryLater, RetryAfter: wait, NotAttempted: !h.unresolved, Unresolved: h.unresolved,
		Reason: "the push service is paused for now",
	}
}
