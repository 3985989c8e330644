package api

import (
	"context"
	"net/http"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
)

type alertPath struct {
	ID int64 `path:"id"`
}

type counts struct {
	Audience  int `json:"audience"`
	Accepted  int `json:"accepted"`
	Gone      int `json:"gone"`
	Failed    int `json:"failed"`
	Waiting   int `json:"waiting"`
	Deferred  int `json:"deferred" doc:"In quiet hours, or over their hourly limit: a catch-up follows."`
	Remaining int `json:"remaining"`
	Shown     int `json:"shown" doc:"Browsers that said so. Not all do."`
	Clicked   int `json:"clicked"`
	Dismissed int `json:"dismissed"`
}

type alert struct {
	ID         int64      `json:"id"`
	State      string     `json:"state"`
	Outage     string     `json:"outage"`
	UpdateID   int64      `json:"update_id"`
	HoldUntil  time.Time  `json:"hold_until"`
	Deadline   time.Time  `json:"deadline"`
	PlannedAt  *time.Time `json:"planned_at"`
	FinishedAt *time.Time `json:"finished_at"`
	Counts     counts     `json:"counts"`
	// Hosts are the same counts for each push service, when asked for one alert.
	Hosts map[string]hostCounts `json:"hosts,omitempty" doc:"By push service. Those below a wildcard, such as *.push.apple.com, that accepted nothing are counted together."`
}

type hostCounts struct {
	Accepted int `json:"accepted"`
	Gone     int `json:"gone"`
	Failed   int `json:"failed"`
	Waiting  int `json:"waiting"`
	Deferred int `json:"deferred"`
}

func (a *api) routeAlerts() {
	handle(a, route{method: http.MethodGet, path: "/alerts/{id}", id: "get-alert", who: "editor",
		summary: "How an alert goes"}, a.getAlert)
	handle(a, route{method: http.MethodPost, path: "/alerts/{id}/stop", id: "stop-alert", who: "editor",
		summary: "Stop an alert"}, a.stopAlert)
}

func (a *api) getAlert(ctx context.Context, in *alertPath) (*body[alert], error) {
	found, err := a.alert(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	hosts, err := a.store.HostCounts(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	found.Hosts = hostViews(hosts)
	return &body[alert]{*found}, nil
}

func (a *api) stopAlert(ctx context.Context, in *alertPath) (*body[alert], error) {
	if err := a.store.StopAlert(ctx, in.ID, editorOf(ctx)); err != nil {
		return nil, err
	}
	return a.getAlert(ctx, in)
}

func (a *api) alert(ctx context.Context, id int64) (*alert, error) {
	found, err := a.store.Alert(ctx, id)
	if err != nil {
		return nil, err
	}
	c, err := a.store.Counts(ctx, found)
	return alertView(found, found.Outage.Slug, c), err
}

func alertView(a models.Alert, outage string, c models.Counts) *alert {
	return &alert{
		ID: a.ID, State: string(a.State), Outage: outage, UpdateID: a.UpdateID,
		HoldUntil: a.HoldUntil, Deadline: a.Deadline, PlannedAt: a.PlannedAt, FinishedAt: a.FinishedAt,
		Counts: counts{
			Audience: c.Audience, Accepted: c.Accepted, Gone: c.Gone, Failed: c.Failed,
			Waiting: c.Waiting, Deferred: c.Deferred, Remaining: c.Remaining(),
			Shown: c.Shown, Clicked: c.Clicked, Dismissed: c.Dismissed,
		},
	}
}

func hostViews(tallies map[string]ledger.Counts) map[string]hostCounts {
	views := make(map[string]hostCounts, len(tallies))
	for host, t := range tallies {
		views[host] = hostCounts{
			Accepted: t[ledger.Accepted], Gone: t[ledger.Gone], Failed: t[ledger.Failed], Waiting: t[ledger.Waiting], Deferred: t[ledger.Deferred],
		}
	}
	return views
}
