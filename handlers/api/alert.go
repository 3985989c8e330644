package api

import (
	"context"
	"net/http"
	"time"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/static"
)

type alertPath struct {
	ID int64 `path:"id"`
}

type alert struct {
	ID         int64         `json:"id"`
	State      string        `json:"state"`
	StopReason string        `json:"stop_reason" doc:"Why the alert stopped itself; empty otherwise."`
	Outage     string        `json:"outage"`
	UpdateID   int64         `json:"update_id"`
	HoldUntil  time.Time     `json:"hold_until"`
	Deadline   time.Time     `json:"deadline"`
	PlannedAt  *time.Time    `json:"planned_at"`
	FinishedAt *time.Time    `json:"finished_at"`
	Counts     static.Counts `json:"counts"`
	// Hosts are the counts by push service; only in the answer for a single alert.
	Hosts map[string]hostCounts `json:"hosts,omitempty" doc:"By push service. Hosts below a wildcard, such as *.push.apple.com, that have accepted nothing are counted together."`
}

// hostCounts are the counts of one push service.
type hostCounts struct {
	Accepted int `json:"accepted"`
	Gone     int `json:"gone"`
	Failed   int `json:"failed"`
	Waiting  int `json:"waiting"`
	Deferred int `json:"deferred"`
}

func (a *api) routeAlerts() {
	handle(a, route{method: http.MethodGet, path: "/alerts/{id}", id: "get-alert", scope: models.ScopeRead,
		summary: "An alert and its counts"}, a.getAlert)
	handle(a, route{method: http.MethodPost, path: "/alerts/{id}/stop", id: "stop-alert", scope: models.ScopePublish,
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
	found.Hosts = hostsOf(hosts)
	return &body[alert]{*found}, nil
}

func (a *api) stopAlert(ctx context.Context, in *alertPath) (*body[alert], error) {
	if _, err := a.alert(ctx, in.ID); err != nil {
		return nil, err
	}
	if err := a.publisher.Stop(ctx, in.ID, actorOf(ctx)); err != nil {
		return nil, err
	}
	return a.getAlert(ctx, in)
}

func (a *api) alert(ctx context.Context, id int64) (*alert, error) {
	found, err := a.store.Alert(ctx, id)
	if err == nil && found.Outage.IsDrill() { // drills are the newsroom's
		err = models.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	c, err := a.store.Counts(ctx, found)
	return alertOf(found, found.Outage.Slug, c), err
}

// alertOf returns the answer for an alert of an outage, given by its slug.
func alertOf(a models.Alert, outage string, c models.Counts) *alert {
	return &alert{
		ID: a.ID, State: string(a.State), StopReason: a.StopReason, Outage: outage, UpdateID: a.UpdateID,
		HoldUntil: a.HoldUntil, Deadline: a.Deadline, PlannedAt: a.PlannedAt, FinishedAt: a.FinishedAt,
		Counts: views.Counts(c),
	}
}

// hostsOf returns an alert's counts by push service.
func hostsOf(counts map[string]models.Counts) map[string]hostCounts {
	hosts := make(map[string]hostCounts, len(counts))
	for host, c := range counts {
		hosts[host] = hostCounts{Accepted: c.Accepted, Gone: c.Gone, Failed: c.Failed, Waiting: c.Waiting, Deferred: c.Deferred}
	}
	return hosts
}
