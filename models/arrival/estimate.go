package arrival

import (
	"math"
	"time"
)

// Alert is how fast an earlier alert was accepted by each push service, by its name.
type Alert map[string]Curve

const (
	// unknownShare is the share of the audience at push services of unknown pace from which
	// on there is no estimate.
	unknownShare = .01
	// smallerBy is how much larger an alert may be than one that was over at once.
	smallerBy = 2
)

// Estimate returns the curve of an alert to a number of readers, from those of the last
// alerts, the newest first. services are the readers by push service, of which some may not
// be sent the alert; if it is empty, they are spread as in the last alerts. It returns false
// if those say too little: there are none, or only much smaller ones that were over at once.
//
// Newsbell sends to all push services at once, at a pace that they share. A push service
// that accepts more slowly than that has a pace of its own.
func Estimate(readers int, services map[string]int, last []Alert) (Curve, bool) {
	shares := sharesOf(services)
	if len(shares) == 0 {
		shares = lastShares(last)
	}
	past := measureAll(last)
	n := float64(readers)
	if readers <= 0 || unmeasured(shares, past) > unknownShare {
		return nil, false
	}
	shared, ok := sharedPace(shares, n, past)
	if !ok {
		return nil, false
	}
	var sum Curve
	for service, duration := range durations(shares, n, shared.each, past) {
		sum = sum.plus(steadyCurve(shares[service]*n, shared.start, duration, tailOf(service, shares[service]*n, past)))
	}
	return sum.scaledTo(n), true
}

// sharesOf returns the share of each push service in the readers.
func sharesOf(services map[string]int) map[string]float64 {
	counted := make(map[string]float64, len(services))
	for service, n := range services {
		counted[service] = float64(n)
	}
	return normalized(counted)
}

// lastShares returns the share of each push service in the accepted pushes. A newer alert
// counts twice as much as the one before it.
func lastShares(last []Alert) map[string]float64 {
	counted := map[string]float64{}
	for age, alert := range last {
		for service, curve := range alert {
			counted[service] += math.Ldexp(curve.Total(), -age)
		}
	}
	return normalized(counted)
}

// normalized returns the shares of numbers in their sum, without those that are 0.
func normalized(numbers map[string]float64) map[string]float64 {
	sum := 0.0
	for _, n := range numbers {
		sum += n
	}
	shares := map[string]float64{}
	for name, n := range numbers {
		if n > 0 {
			shares[name] = n / sum
		}
	}
	return shares
}

// unmeasured returns the share of the readers at push services that accepted nothing.
func unmeasured(shares map[string]float64, past []measurement) (sum float64) {
	for service, share := range shares {
		isMeasured := false
		for _, m := range past {
			isMeasured = isMeasured || m.shares[service] > 0
		}
		if !isMeasured {
			sum += share
		}
	}
	return sum
}

// sharedPace is the pace for a number of readers with these shares: the mean of the last
// alerts, in which the newest ones, those of about the same size, and those to the same push
// services count most.
func sharedPace(shares map[string]float64, n float64, past []measurement) (pace, bool) {
	var mean, bound mean
	for age, m := range past {
		weight := weightOf(age, n, m.size) * m.overlap(shares)
		if !m.isBound {
			mean.add(weight, m.pace)
		} else if n <= smallerBy*m.size {
			bound.add(weight, m.pace)
		}
	}
	if mean.weight > 0 {
		return mean.pace(), true
	}
	return bound.pace(), bound.weight > 0
}

// durations returns how long each push service takes. Those with a pace of their own do not
// hold up the others.
func durations(shares map[string]float64, n, each float64, past []measurement) map[string]float64 {
	all, together := map[string]float64{}, n
	for service, share := range shares {
		if own, ok := ownEach(service, share*n, past); ok && own*share*n > each*n {
			all[service] = own * share * n
			together -= share * n
		}
	}
	for service := range shares {
		if _, isOwn := all[service]; !isOwn {
			all[service] = each * together
		}
	}
	return all
}

// ownEach returns the time between two pushes of a push service that has a pace of its own.
func ownEach(service string, n float64, past []measurement) (float64, bool) {
	var each mean
	for age, m := range past {
		if own, ok := m.own[service]; ok {
			each.add(weightOf(age, n, m.shares[service]*m.size), pace{each: own})
		}
	}
	return each.pace().each, each.weight > 0
}

// tailOf returns by how much the last 1% of a push service come later than the others.
func tailOf(service string, n float64, past []measurement) float64 {
	var tail mean
	for age, m := range past {
		if m.shares[service] > 0 {
			tail.add(weightOf(age, n, m.shares[service]*m.size), pace{start: m.tails[service]})
		}
	}
	return tail.pace().start
}

// weightOf returns the weight of an alert of an age and size for one of another size.
func weightOf(age int, n, size float64) float64 { return math.Ldexp(min(n, size)/max(n, size), -age) }

// mean adds up weighted paces.
type mean struct{ weight, start, each float64 }

func (m *mean) add(weight float64, p pace) {
	m.weight += weight
	m.start += weight * p.start
	m.each += weight * p.each
}

func (m *mean) pace() pace {
	if m.weight == 0 {
		return pace{}
	}
	return pace{m.start / m.weight, m.each / m.weight}
}

// steadyCurve returns the curve of a number of pushes that are accepted steadily from a start
// on, and the last 1% later, in seconds.
func steadyCurve(n, start, duration, tail float64) Curve {
	at := func(share, late float64) Point {
		return Point{time.Duration((start + share*duration + late) * float64(time.Second)), share * n}
	}
	return Curve{at(0, 0), at(.9, 0), at(.99, tail), at(1, tail)}
}
