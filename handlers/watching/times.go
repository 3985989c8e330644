package watching

import (
	"time"

	"newsbell/models"
	"newsbell/models/arrival"
	"newsbell/static"
)

const (
	// rateOver is the time over which the pushes a second are counted.
	rateOver = 2 * time.Second
	// chartSteps is how many steps of time a chart has, chartBeyond how much longer it is than
	// its curves, and shortestChart its minimum.
	chartSteps    = 100
	chartBeyond   = 1.1
	shortestChart = time.Second
)

// times are when an alert's pushes were accepted and shown, and when they should have been.
type times struct {
	// start is the end of the undo window, from which the curves count, and now the time
	// since then.
	start time.Time
	now   time.Duration
	// isActive says that pushes may still be accepted; reachable is how many may be in the
	// end.
	isActive                  bool
	reachable                 int
	estimate, accepted, shown arrival.Curve
}

func timesOf(alert models.Alert, counts models.Counts, rows []models.AlertCount, estimate arrival.Curve, now time.Time) times {
	t := times{
		start: alert.HoldUntil, now: now.Sub(alert.HoldUntil), isActive: alert.State == models.Sending, reachable: counts.Accepted,
		estimate: estimate, accepted: models.AcceptedCurve(rows), shown: models.ShownCurve(rows),
	}
	if t.isActive {
		t.reachable += counts.Waiting + counts.Remaining()
	}
	return t
}

// perSecond is how many pushes are accepted a second now.
func (t times) perSecond() int {
	if !t.isActive || t.now <= 0 {
		return 0
	}
	over := min(t.now, rateOver)
	return int((t.accepted.At(t.now) - t.accepted.At(t.now-over)) / over.Seconds())
}

func (t times) milestones() []static.EditorMilestone {
	rows := make([]static.EditorMilestone, len(arrival.Milestones))
	for i, percent := range arrival.Milestones {
		share := float64(percent) / 100
		rows[i] = static.EditorMilestone{
			Percent:   percent,
			Estimated: t.when(t.estimate, share*t.estimate.Total()),
			Accepted:  t.when(t.accepted, share*float64(t.reachable)),
			Shown:     t.when(t.shown, share*t.shown.Total()),
		}
	}
	return rows
}

// when returns when a curve reached a number; nil if it never did.
func (t times) when(c arrival.Curve, n float64) *static.EditorMoment {
	elapsed, ok := c.When(n)
	if !ok {
		return nil
	}
	return &static.EditorMoment{At: t.start.Add(elapsed), After: elapsed}
}

// chart returns the curves up to the time by which nearly all pushes were accepted, and most
// notifications shown. It returns nil if nothing is known.
func (t times) chart() *static.EditorChart {
	if len(t.accepted) == 0 && len(t.estimate) == 0 || t.now <= 0 {
		return nil
	}
	end := shortestChart
	for _, c := range []struct {
		arrival.Curve
		share float64
	}{{t.estimate, 1}, {t.accepted, .99}, {t.shown, .9}} {
		if at, ok := c.When(c.share * c.Total()); ok {
			end = max(end, at)
		}
	}
	chart := &static.EditorChart{Most: max(t.reachable, int(t.estimate.Total()))}
	step := time.Duration(float64(end)*chartBeyond) / chartSteps
	for i := range chartSteps + 1 {
		at := time.Duration(i) * step
		chart.Seconds = append(chart.Seconds, at.Seconds())
		chart.Estimate = append(chart.Estimate, pointOf(t.estimate, at))
		if at > t.now { // not measured yet
			chart.Accepted, chart.Shown = append(chart.Accepted, nil), append(chart.Shown, nil)
			continue
		}
		chart.Accepted = append(chart.Accepted, pointOf(t.accepted, at))
		chart.Shown = append(chart.Shown, pointOf(t.shown, at))
	}
	return chart
}

// pointOf returns the number at a time; nil if the curve is not known.
func pointOf(c arrival.Curve, at time.Duration) *int {
	if len(c) == 0 {
		return nil
	}
	n := int(c.At(at))
	return &n
}
