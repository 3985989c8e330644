package arrival

import (
	"math"
	"time"
)

// Alert is how fast an earlier alert was accepted by each push service, by its name.
type Alert map[string]Curve

// unknownShare is the share of the audience at push services of unknown rate from which on
// there is no estimate.
const unknownShare = .01

// Estimate returns the curve of an alert to a number of readers, from those of the last
// alerts, the newest first. services are the readers by push service, of which some may not
// be sent the alert; if it is empty, they are spread as in the last alerts. It returns false
// if those say too little: there are none, or only much smaller ones that were over at once.
func Estimate(readers int, services map[string]int, last []Alert) (Curve, bool) {
	shares := sharesOf(services)
	if len(shares) == 0 {
		shares = lastShares(last)
	}
	if readers <= 0 || len(shares) == 0 {
		return nil, false
	}
	var sum Curve
	for service, share := range shares {
		n := share * float64(readers)
		if pace, ok := paceOf(service, n, last); ok {
			sum = sum.plus(pace.curve(n))
		}
	}
	if sum.Total() <= (1-unknownShare)*float64(readers) {
		return nil, false
	}
	return sum.scaledTo(float64(readers)), true
}

// sharesOf returns the share of each push service in the readers.
func sharesOf(services map[string]int) map[string]float64 {
	shares, sum := map[string]float64{}, 0
	for _, n := range services {
		sum += n
	}
	for service, n := range services {
		shares[service] = float64(n) / float64(sum)
	}
	return shares
}

// lastShares returns the share of each push service in the accepted pushes. A newer alert
// counts twice as much as the one before it.
func lastShares(last []Alert) map[string]float64 {
	shares, sum := map[string]float64{}, 0.0
	for age, alert := range last {
		for service, curve := range alert {
			counted := math.Ldexp(curve.Total(), -age)
			shares[service] += counted
			sum += counted
		}
	}
	for service := range shares {
		shares[service] /= sum
	}
	return shares
}

// pace is how fast a push service accepts the pushes of an alert.
type pace struct {
	// start is when it accepts the first, each the time between two, and tail by how much
	// the last 1% came later than that says, all in seconds.
	start, each, tail float64
	// size is the number of pushes from which it was measured.
	size float64
	// isBound says that all were over too soon to measure it: each is at most that.
	isBound bool
}

// smallerBy is how much larger an alert may be than one that was over at once.
const smallerBy = 2

// paceOf returns the pace of a push service for a number of pushes: the mean of the last
// alerts, in which the newest ones and those of about the same size count most.
func paceOf(service string, n float64, last []Alert) (mean pace, ok bool) {
	var bound pace
	weights := 0.0
	for age, alert := range last {
		p, measured := measure(alert[service])
		switch {
		case !measured:
		case p.isBound && p.size > bound.size:
			bound = p
		case !p.isBound:
			weight := math.Ldexp(min(n, p.size)/max(n, p.size), -age)
			weights += weight
			mean.start += weight * p.start
			mean.each += weight * p.each
			mean.tail += weight * p.tail
		}
	}
	if weights == 0 {
		return bound, bound.size > 0 && n <= smallerBy*bound.size
	}
	mean.start, mean.each, mean.tail = mean.start/weights, mean.each/weights, mean.tail/weights
	return mean, true
}

// measure reads the pace from a curve.
func measure(c Curve) (pace, bool) {
	n := c.Total()
	if n <= 0 {
		return pace{}, false
	}
	at := func(share float64) float64 {
		t, _ := c.When(share * n)
		return t.Seconds()
	}
	p := pace{size: n, each: (at(.9) - at(.1)) / (.8 * n)}
	end, _ := c.When(.9 * n)
	p.isBound = at(.9)-at(.1) < 2*WidthAt(end).Seconds()
	p.start = max(0, at(.1)-.1*n*p.each)
	p.tail = max(0, at(.99)-at(.9)-.09*n*p.each)
	return p, true
}

// curve returns the curve of a number of pushes at this pace.
func (p pace) curve(n float64) Curve {
	at := func(share, tail float64) Point {
		return Point{time.Duration((p.start + share*n*p.each + tail) * float64(time.Second)), share * n}
	}
	return Curve{at(0, 0), at(.9, 0), at(.99, p.tail), at(1, p.tail)}
}
