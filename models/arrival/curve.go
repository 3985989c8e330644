package arrival

import (
	"slices"
	"sort"
	"time"
)

// Point says how many pushes had been accepted at a time.
type Point struct {
	At    time.Duration
	Total float64
}

// Curve is how many pushes had been accepted at each time: straight lines between its
// points, which are in the order of time.
type Curve []Point

// Count is what was counted in one interval.
type Count struct {
	// Start is when the interval begins; its end follows from [WidthAt].
	Start time.Duration
	N     int
}

// CurveOf adds up the counts of intervals.
func CurveOf(counts []Count) Curve {
	counts = slices.Clone(counts)
	slices.SortStableFunc(counts, func(a, b Count) int { return int(a.Start - b.Start) })
	var curve Curve
	total := 0.0
	for _, count := range counts {
		if count.N == 0 {
			continue
		}
		if len(curve) == 0 || curve[len(curve)-1].At < count.Start {
			curve = append(curve, Point{count.Start, total})
		}
		total += float64(count.N)
		end := Point{count.Start + WidthAt(count.Start), total}
		if last := &curve[len(curve)-1]; last.At == end.At {
			*last = end // the same interval again
		} else {
			curve = append(curve, end)
		}
	}
	return curve
}

// Total is how many were accepted in the end.
func (c Curve) Total() float64 {
	if len(c) == 0 {
		return 0
	}
	return c[len(c)-1].Total
}

// At returns how many had been accepted at a time.
func (c Curve) At(t time.Duration) float64 {
	next := sort.Search(len(c), func(i int) bool { return c[i].At > t })
	switch {
	case next == 0:
		return 0
	case next == len(c):
		return c.Total()
	}
	a, b := c[next-1], c[next]
	return a.Total + (b.Total-a.Total)*float64(t-a.At)/float64(b.At-a.At)
}

// When returns when a number had been accepted; false if it never was.
func (c Curve) When(n float64) (time.Duration, bool) {
	next := sort.Search(len(c), func(i int) bool { return c[i].Total >= n })
	switch {
	case next == len(c) || n <= 0:
		return 0, false
	case next == 0:
		return c[0].At, true
	}
	a, b := c[next-1], c[next]
	return a.At + time.Duration(float64(b.At-a.At)*(n-a.Total)/(b.Total-a.Total)), true
}

// Time returns the time at which a number had been accepted, for a curve that starts at a
// time; nil if it never was.
func (c Curve) Time(start time.Time, n float64) *time.Time {
	elapsed, ok := c.When(n)
	if !ok {
		return nil
	}
	at := start.Add(elapsed)
	return &at
}

// plus returns the sum of two curves.
func (c Curve) plus(other Curve) Curve {
	var sum Curve
	for _, p := range slices.Concat(c, other) {
		sum = append(sum, Point{p.At, c.At(p.At) + other.At(p.At)})
	}
	slices.SortFunc(sum, func(a, b Point) int { return int(a.At - b.At) })
	return slices.CompactFunc(sum, func(a, b Point) bool { return a.At == b.At })
}

// scaledTo returns the curve with another total.
func (c Curve) scaledTo(total float64) Curve {
	scaled := slices.Clone(c)
	for i := range scaled {
		scaled[i].Total *= total / c.Total()
	}
	return scaled
}
