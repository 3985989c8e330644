package api

import (
	"context"
	"net/http"
	"time"

	"newsbell/models"
)

// subscriptionData is everything that is stored about a subscription, except the hash
// of its secret.
type subscriptionData struct {
	ID           int64        `json:"id"`
	CreatedAt    time.Time    `json:"created_at"`
	UpdatedAt    time.Time    `json:"updated_at"`
	Keys         browserKeys  `json:"keys" doc:"The keys with which alerts are encrypted for the browser."`
	Subscription subscription `json:"subscription"`
	// FollowedAt is the time of each follow, by topic.
	FollowedAt   map[string]time.Time `json:"followed_at"`
	Refusals     int                  `json:"refusals" doc:"Consecutive refusals by its push service, while it accepted pushes to others."`
	RefusedSince *time.Time           `json:"refused_since"`
	RefusedUntil *time.Time           `json:"refused_until" doc:"No alerts are sent until then, because of the refusals."`
	Recent       []time.Time          `json:"recent" doc:"When the last alerts were sent; only kept while there is an hourly cap."`
	Alerts       []ownAlert           `json:"alerts"`
	Failures     []failure            `json:"failures"`
	CatchUps     []catchUp            `json:"catch_ups" doc:"Outages with deferred alerts."`
	Notices      []storedNotice       `json:"notices"`
	Linked       []linkedBrowser      `json:"linked_browsers" doc:"The link of an editor's browser to their account in the newsroom."`
	Drills       []drillFollow        `json:"drills" doc:"Drills of the newsroom whose alerts this browser gets."`
}

type browserKeys struct {
	P256DH []byte `json:"p256dh"`
	Auth   []byte `json:"auth"`
}

type ownAlert struct {
	SentAlert
	Shown     bool `json:"shown"`
	Clicked   bool `json:"clicked"`
	Dismissed bool `json:"dismissed"`
}

type failure struct {
	Alert     int64     `json:"alert"`
	PushHost  string    `json:"push_host"`
	Status    int       `json:"status" doc:"The push service's HTTP status; 0 if there was none."`
	Reason    string    `json:"reason"`
	CreatedAt time.Time `json:"created_at"`
}

type catchUp struct {
	Outage     string    `json:"outage"`
	FirstAlert int64     `json:"first_alert"`
	Alert      int64     `json:"alert"`
	Reach      string    `json:"reach"`
	DueAt      time.Time `json:"due_at"`
}

type storedNotice struct {
	notice
	DueAt    time.Time `json:"due_at"`
	Deadline time.Time `json:"deadline"`
	Content  string    `json:"content,omitempty" doc:"The notification of an editor's draft, in JSON."`
}

type linkedBrowser struct {
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

type drillFollow struct {
	Drill     string    `json:"drill"`
	CreatedAt time.Time `json:"created_at"`
}

type download struct {
	ContentDisposition string `header:"Content-Disposition"`
	Body               subscriptionData
}

func (a *api) routeSubscriptionData() {
	handle(a, route{method: http.MethodGet, path: "/subscription/data", id: "get-subscription-data", who: "reader",
		summary: "Everything that is stored about my subscription"}, a.getSubscriptionData)
}

func (a *api) getSubscriptionData(ctx context.Context, _ *nothing) (*download, error) {
	sub := readerOf(ctx)
	shown, err := a.subscription(ctx, sub)
	if err != nil {
		return nil, err
	}
	follows, err := a.store.Follows(ctx, sub)
	if err != nil {
		return nil, err
	}
	stored, err := a.store.SubscriptionData(ctx, sub)
	if err != nil {
		return nil, err
	}
	data := subscriptionDataOf(sub, stored)
	data.Subscription = shown.Body
	for _, f := range follows {
		data.FollowedAt[f.Topic.String()] = f.CreatedAt
	}
	return &download{`attachment; filename="newsbell-subscription.json"`, data}, nil
}

func subscriptionDataOf(sub models.Subscription, stored models.SubscriptionData) subscriptionData {
	data := subscriptionData{
		ID: sub.ID, CreatedAt: sub.CreatedAt, UpdatedAt: sub.UpdatedAt,
		Refusals: sub.Refusals, RefusedSince: sub.RefusedSince, RefusedUntil: sub.RefusedUntil, Recent: append([]time.Time{}, stored.Recent...),
		Keys: browserKeys{P256DH: sub.P256DH, Auth: sub.Auth}, FollowedAt: map[string]time.Time{},
		Alerts: []ownAlert{}, Failures: []failure{}, CatchUps: []catchUp{}, Notices: []storedNotice{}, Linked: []linkedBrowser{}, Drills: []drillFollow{},
	}
	for _, linked := range stored.Linked {
		data.Linked = append(data.Linked, linkedBrowser{linked.Name, linked.CreatedAt})
	}
	for _, alert := range stored.Alerts {
		data.Alerts = append(data.Alerts, ownAlert{sentAlertOf(alert), alert.Shown, alert.Clicked, alert.Dismissed})
	}
	for _, f := range stored.Failures {
		data.Failures = append(data.Failures, failure{f.AlertID, f.PushHost, f.Status, f.Reason, f.CreatedAt})
	}
	for _, c := range stored.CatchUps {
		data.CatchUps = append(data.CatchUps, catchUp{c.Outage, c.FirstAlertID, c.AlertID, c.Reach.String(), c.DueAt})
	}
	for _, n := range stored.Notices {
		data.Notices = append(data.Notices, storedNotice{notice: noticeOf(n), DueAt: n.DueAt, Deadline: n.Deadline, Content: n.Content})
	}
	for _, d := range stored.Drills {
		data.Drills = append(data.Drills, drillFollow(d))
	}
	return data
}
