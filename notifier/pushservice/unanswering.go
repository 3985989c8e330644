package pushservice

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

var errUnknown = errors.New("the push service has never answered, and others have")

// giveUpUnanswering lets no page wait for a few pushes at hosts that have never answered,
// while others do: their names may have been invented. They are tried again
// later, with more patience.
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

// giveUpUnanswering gives up the small batches of pages that wait for such hosts alone.
func (h *host) giveUpUnanswering(now time.Time, isLeft func(*page) bool) {
	for _, b := range h.batches {
		switch {
		case b.size > max(1, b.page.size/fewOf) || !isLeft(b.page):
		case b.alone.IsZero():
			b.alone = now
		case now.Sub(b.alone) >= h.patience:
			h.patience = min(patienceGrowth*h.patience, defaultSilence)
			b.giveUp(errUnknown)
			h.queued -= b.giveBack(webpush.Answer{Verdict: webpush.RetryLater, Reason: errUnknown.Error()})
		}
	}
	h.forgetDone()
}
