package notifier

import (
	"errors"
	"time"

	"newsbell/notifier/webpush"
)

const (
	// unknownPatience is how long a page waits at first for hosts that have never
	// answered when nothing else of it is left. It grows each time, up to what
	// other hosts get.
	unknownPatience = 250 * time.Millisecond
	patienceGrowth  = 8
)

var errUnknown = errors.New("the push host has never answered, and others have")

// hurry lets no page wait for a few pushes at hosts that have never answered,
// while others do: their names may have been invented. They are tried again
// later, with more patience.
func (s *hosts) hurry(now time.Time) {
	unknown, othersAnswer := map[*poolPage]int{}, false
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
			h.hurry(now, func(p *poolPage) bool { return unknown[p] == p.left })
		}
	}
}

// hurry gives up the small batches of pages that wait for such hosts alone.
func (h *host) hurry(now time.Time, isLeft func(*poolPage) bool) {
	for _, b := range h.batches {
		switch {
		case b.size > max(1, b.page.size/fewOf) || !isLeft(b.page):
		case b.alone.IsZero():
			b.alone = now
		case now.Sub(b.alone) >= h.patience:
			h.patience = min(patienceGrowth*h.patience, hostSilence)
			b.giveUp(errUnknown)
			h.queued -= b.sendBack(webpush.Answer{Verdict: webpush.RetryLater, Reason: errUnknown.Error()})
		}
	}
	h.forgetDone()
}
