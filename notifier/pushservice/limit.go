package pushservice

import "time"

const (
	limitEvery   = 100 * time.Millisecond
	limitAnswers = 10
)

// inFlightLimit is how many requests a host that asks for time may have in flight.
// Every 100 ms it shrinks by half of the share that was throttled, as DCTCP
// does, and grows by a twentieth of the rest: nothing but 429s halves it, a few
// of them by chance hardly matter.
type inFlightLimit struct {
	most  int     // from here on there is no need of a limit
	limit float64 // 0: none

	since                    time.Time
	answers, throttled, peak int
}

func (l *inFlightLimit) isOn() bool { return l.limit > 0 }

func (l *inFlightLimit) admits(inFlight int) bool {
	return !l.isOn() || float64(inFlight) < max(1, l.limit)
}

// count takes an answer that came when a number of requests were in flight. It tells whether
// fewer may be from now on.
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

// current is the limit, or else what was in flight at most.
func (l *inFlightLimit) current() float64 {
	if l.isOn() {
		return l.limit
	}
	return float64(l.peak)
}

// lowerTo takes over the lower limit of another process, halving its own at
// most: the other one may have had little to send.
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
