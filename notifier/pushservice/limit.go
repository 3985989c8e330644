package pushservice

import "time"

const (
	limitEvery   = 100 * time.Millisecond
	limitAnswers = 10
)

// inFlightLimit limits the requests in flight to a host that throttles. Every 100 ms it
// shrinks by half of the share that was throttled, as in DCTCP, and grows by a twentieth of
// the rest: only 429s halve it, and a few random ones hardly matter.
type inFlightLimit struct {
	most  int     // a limit that reaches this is removed
	limit float64 // 0: no limit

	since                    time.Time
	answers, throttled, peak int
}

func (l *inFlightLimit) isOn() bool { return l.limit > 0 }

func (l *inFlightLimit) admits(inFlight int) bool {
	return !l.isOn() || float64(inFlight) < max(1, l.limit)
}

// count counts an answer and the number of requests in flight at the time. It reports
// whether the limit fell.
func (l *inFlightLimit) count(now time.Time, inFlight int, throttled bool) (fell bool) {
	l.answers++
	l.peak = max(l.peak, inFlight)
	if throttled {
		l.throttled++
	}
	if l.answers < limitAnswers || now.Sub(l.since) < limitEvery {
		return false
	}
	from, limit := l.current(), l.adapted()
	*l = inFlightLimit{most: l.most, limit: limit, since: now}
	return limit > 0 && limit < from
}

// current returns the limit or, without one, the maximum that was in flight.
func (l *inFlightLimit) current() float64 {
	if l.isOn() {
		return l.limit
	}
	return float64(l.peak)
}

// lowerTo adopts the lower limit of another process, but at most halves its own: the other
// process may have had little to send.
func (l *inFlightLimit) lowerTo(now time.Time, limit int) {
	from := float64(l.most)
	if l.isOn() {
		from = l.limit
	}
	if lower := max(float64(limit), from/2); lower < from {
		*l = inFlightLimit{most: l.most, limit: lower, since: now}
	}
}

func (l *inFlightLimit) adapted() float64 {
	if !l.isOn() && l.throttled == 0 {
		return 0
	}
	from := l.current()
	share := float64(l.throttled) / float64(l.answers)
	limit := max(1, from-from*share/2+(from/20+1)*(1-share))
	if limit >= float64(l.most) {
		return 0
	}
	return limit
}
