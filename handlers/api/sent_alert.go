package api

import (
	"context"
	"net/http"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
)

// maxLastAlerts is the number of last alerts that a reader sees.
const maxLastAlerts = 20

// SentAlert is a reader's view of an alert for them.
type SentAlert struct {
	Alert       int64      `json:"alert"`
	Outage      string     `json:"outage"`
	Headline    string     `json:"headline"`
	PublishedAt time.Time  `json:"published_at"`
	Outcome     string     `json:"outcome" doc:"accepted by the browser's push service, failed, waiting for a retry, deferred because of quiet hours or the hourly limit, or gone: the browser's address was gone"`
	AcceptedAt  *time.Time `json:"accepted_at"`
	ToldBy      *int64     `json:"told_by" doc:"The later alert that covered this one after it was deferred; null if there is none."`
}

type lastAlerts struct {
	Alerts []SentAlert `json:"alerts" doc:"Newest first."`
}

func (a *api) routeSentAlerts() {
	handle(a, route{method: http.MethodGet, path: "/subscription/alerts", id: "get-last-alerts", who: "reader",
		summary: "My last alerts"}, a.getLastAlerts)
}

func (a *api) getLastAlerts(ctx context.Context, _ *nothing) (*body[lastAlerts], error) {
	last, err := a.store.LastAlerts(ctx, readerOf(ctx), maxLastAlerts)
	out := lastAlerts{Alerts: make([]SentAlert, len(last))}
	for i, alert := range last {
		out.Alerts[i] = sentAlertOf(alert)
	}
	return &body[lastAlerts]{out}, err
}

func sentAlertOf(a models.SentAlert) SentAlert {
	view := SentAlert{
		Alert: a.AlertID, Outage: a.Outage, Headline: a.Headline, PublishedAt: a.PublishedAt,
		Outcome: outcomeName(a.Outcome), AcceptedAt: a.AcceptedAt,
	}
	if a.CoveredBy != 0 {
		view.ToldBy = &a.CoveredBy
	}
	return view
}

// outcomeName returns the name of an outcome.
func outcomeName(o ledger.Outcome) string {
	switch o {
	case ledger.Accepted:
		return "accepted"
	case ledger.Waiting:
		return "waiting"
	case ledger.Deferred:
		return "deferred"
	case ledger.Gone:
		return "gone"
	}
	return "failed"
}
