package arrival

import "time"

// pace is when the first push of an alert is accepted, and the time between two, in seconds.
type pace struct{ start, each float64 }

// measurement is what an earlier alert says.
type measurement struct {
	size   float64
	shares map[string]float64
	// pace is that of the push services together; isBound says that all was over too soon to
	// measure it, and each is at most that.
	pace
	isBound bool
	// own is the time between two pushes at push services that were slower than the others,
	// and tails by how much the last 1% came later, by push service.
	own, tails map[string]float64
}

// ownBy is how much longer than expected a push service takes that has a pace of its own.
const ownBy = 1.3

// measureAll measures the alerts that were accepted at all. It keeps their order.
func measureAll(last []Alert) (all []measurement) {
	for _, alert := range last {
		if m := measure(alert); m.size > 0 {
			all = append(all, m)
		}
	}
	return all
}

func measure(alert Alert) measurement {
	total := sumOf(alert, nil)
	m := measurement{size: total.Total(), shares: lastShares([]Alert{alert}), own: map[string]float64{}, tails: map[string]float64{}}
	if m.size == 0 {
		return m
	}
	m.pace, m.isBound = paceOf(total)
	for service, curve := range alert {
		n, duration := curve.Total(), durationOf(curve)
		m.tails[service] = max(0, between(curve, .9, .99)-.09*duration)
		if !m.isBound && duration > ownBy*m.each*m.size {
			m.own[service] = duration / n
		}
	}
	if rest := sumOf(alert, m.own); len(m.own) > 0 && rest.Total() > 0 {
		m.pace, m.isBound = paceOf(rest)
	}
	return m
}

// sumOf returns the curve of all push services but some.
func sumOf(alert Alert, without map[string]float64) (sum Curve) {
	for service, curve := range alert {
		if _, isLeftOut := without[service]; !isLeftOut {
			sum = sum.plus(curve)
		}
	}
	return sum
}

// paceOf reads the pace from a curve's first half, which slow push services hardly change.
func paceOf(c Curve) (p pace, isBound bool) {
	p.each = between(c, .1, .5) / (.4 * c.Total())
	begin, _ := c.When(.1 * c.Total())
	end, _ := c.When(.9 * c.Total())
	p.start = max(0, begin.Seconds()-.1*c.Total()*p.each)
	return p, end-begin < 2*WidthAt(end)
}

// durationOf is how long a steady curve takes, in seconds.
func durationOf(c Curve) float64 { return between(c, .1, .9) / .8 }

// between is the time between two shares, in seconds.
func between(c Curve, from, to float64) float64 {
	begin, _ := c.When(from * c.Total())
	end, _ := c.When(to * c.Total())
	return max(0, end-begin).Round(time.Microsecond).Seconds()
}

// overlap is the share of the readers, with these shares, at the same push services as in
// the alert.
func (m measurement) overlap(shares map[string]float64) (sum float64) {
	for service, share := range shares {
		sum += min(share, m.shares[service])
	}
	return sum
}
