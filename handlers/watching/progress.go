package watching

import (
	"context"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/models/arrival"
	"newsbell/static"
)

// Reader reads the progress of one alert, again and again.
type Reader struct {
	store   *models.Store
	alertID int64
	// estimate is read once, when the audience is known.
	estimate    arrival.Curve
	isEstimated bool
}

// NewReader returns a reader of an alert's progress.
func NewReader(store *models.Store, alertID int64) *Reader {
	return &Reader{store: store, alertID: alertID}
}

// Read returns the progress for somebody who may or may not stop the alert.
func (r *Reader) Read(ctx context.Context, mayStop bool) (static.EditorProgress, error) {
	alert, err := r.store.Alert(ctx, r.alertID)
	if err != nil {
		return static.EditorProgress{}, err
	}
	counts, err := r.store.Counts(ctx, alert)
	if err != nil {
		return static.EditorProgress{}, err
	}
	rows, err := r.store.AlertCounts(ctx, alert.ID)
	if err != nil {
		return static.EditorProgress{}, err
	}
	hosts, err := r.store.HostCounts(ctx, alert.ID)
	if err != nil {
		return static.EditorProgress{}, err
	}
	if err := r.readEstimate(ctx, alert, counts); err != nil {
		return static.EditorProgress{}, err
	}
	progress := progressOf(alert, counts, mayStop)
	progress.Services = servicesOf(hosts)
	progress.Troubles = troublesOf(progress.Services, rows, alert.Deadline)
	t := timesOf(alert, counts, rows, r.estimate, r.store.Now())
	progress.PerSecond, progress.Milestones, progress.Chart = t.perSecond(), t.milestones(), t.chart()
	return progress, nil
}

// readEstimate estimates the arrival from the alerts before this one.
func (r *Reader) readEstimate(ctx context.Context, alert models.Alert, counts models.Counts) (err error) {
	if r.isEstimated || alert.PlannedAt == nil {
		return nil
	}
	r.estimate, _, err = r.store.EstimateArrival(ctx, alert.Audience-counts.Deferred, nil, alert.ID)
	r.isEstimated = err == nil
	return err
}

func progressOf(alert models.Alert, counts models.Counts, mayStop bool) static.EditorProgress {
	p := static.EditorProgress{
		EditorAlert: static.EditorAlert{
			ID: alert.ID, State: string(alert.State), StopReason: alert.StopReason, InPilot: alert.PilotUntil != nil,
			UndoUntil: alert.HoldUntil, MayStop: mayStop, IsDrill: alert.Outage.IsDrill(), Counts: views.Counts(counts),
		},
		IsCatchUp: alert.IsCatchUp(), IsUndone: alert.State == models.Stopped && alert.Update.IsHidden(), FinishedAt: alert.FinishedAt,
	}
	p.IsEnding = !p.Active() && alert.FinishedAt == nil
	return p
}
