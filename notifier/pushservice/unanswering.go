package pushservice

import (
	"errors"
	"time"

	"newsbell/notifier/webpush"
)

const (
	// unknownTimeout is how long a page waits at first for hosts that have never answered
	// when only their pushes are left. It grows each time, up to the timeout of other hosts.
	unknownTimeout = 250 * time.Millisecond
	timeoutGrowth  = 8
)

var errUnknown = errors.New("the push service has never answered, and others have")

// giveUpUnanswering cancels the last few pushes of a page to hosts that have never answered,
// if others do: their names may be invented. They are retried later, with a longer timeout.
func (s *hosts) giveUpUnanswering(now time.Time) {
	unknown, othersAnswer := map[*page]int{}, false
	for _, h := range s.byName {
		if h.answers {
			othersAnswer = true
			continue
		}
		for _, b := range h.batches {
			unknown[b.page] += len(b.jobs) + b.inFlight
		}
	}
	if !othersAnswer || len(unknown) == 0 {
		return
	}
	for _, h := range s.byName {
		if !h.answers {
			h.giveUpUnanswering(now, func(p *page) bool { return unknown[p] == p.left })
		}
	}
}

// giveUpUnanswering cancels the small batches of pages that wait only for such hosts.
func (h *host) giveUpUnanswering(now time.Time, isLeft func(*page) bool) {
	for _, b := range h.batches {
		switch {
		case b.size > max(1, b.page.size/fewOf) || !isLeft(b.page):
		case b.alone.IsZero():
			b.alone = now
		case now.Sub(b.alone) >= h.timeout:
			h.timeout = min(timeoutGrowth*h.timeout, defaultSilence)
			b.giveUp(errUnknown)
			h.queued -= b.nack(webpush.Answer{Verdict: webpush.RetryLater, Reason: errUnknown.Error()})
		}
	}
	h.forgetDone()
}
