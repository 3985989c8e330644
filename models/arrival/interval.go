// Package arrival says when an alert has arrived: the curve of its accepted pushes over
// time, and an estimate of that curve from earlier alerts. Times count from the end of the
// alert's undo window. It knows nothing of the database that keeps the counts.
package arrival

import "time"

// Milestones are the shares of an alert's readers whose times are shown, in percent.
var Milestones = [...]int{50, 90, 99}

// widths are the intervals in which counts are kept, up to a time: short ones while most
// pushes are accepted, and long ones for the retries of hours. An alert has at most about
// 420 intervals in its first two hours.
var widths = [...]struct{ upto, width time.Duration }{
	{10 * time.Second, 100 * time.Millisecond},
	{2 * time.Minute, time.Second},
	{20 * time.Minute, 10 * time.Second},
	{2 * time.Hour, time.Minute},
}

// lastWidth is the width of all later intervals.
const lastWidth = 10 * time.Minute

// IntervalOf returns the start of the interval that a time belongs to.
func IntervalOf(elapsed time.Duration) time.Duration {
	elapsed = max(0, elapsed)
	return elapsed.Truncate(WidthAt(elapsed))
}

// WidthAt returns the width of the interval that a time belongs to.
func WidthAt(elapsed time.Duration) time.Duration {
	for _, w := range widths {
		if elapsed < w.upto {
			return w.width
		}
	}
	return lastWidth
}
