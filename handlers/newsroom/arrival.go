package newsroom

import (
	"context"
	"time"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/models/arrival"
	"newsbell/static"
)

// audienceView returns the view of an audience, with the time at which an alert to it would
// arrive.
func (n *Newsroom) audienceView(ctx context.Context, counts models.AudienceCounts) static.EditorAudience {
	view := views.Audience(counts)
	view.Arrival = n.arrivalOf(ctx, counts)
	return view
}

// arrivalOf estimates when an alert to an audience will have been accepted if it is
// published now. It is empty if the last alerts say too little; an estimate that fails must
// not keep anybody from sending.
func (n *Newsroom) arrivalOf(ctx context.Context, counts models.AudienceCounts) []static.EditorArrival {
	readers := counts.Readers - counts.InQuietHours - counts.OverCap
	estimate, _, err := n.store.EstimateArrival(ctx, readers, counts.PushServices, 0)
	if err != nil {
		n.errors.LogFailure(ctx, "an arrival was not estimated", "error", err)
	}
	arrivals := []static.EditorArrival{}
	for _, percent := range arrival.Milestones {
		at := estimate.Time(n.store.Now().Add(n.store.UndoWindow()), float64(percent)/100*estimate.Total())
		if at != nil { // in whole seconds, as it is shown
			arrivals = append(arrivals, static.EditorArrival{Percent: percent, At: at.Add(time.Second - 1).Truncate(time.Second)})
		}
	}
	return arrivals
}
