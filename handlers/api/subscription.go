package api

import (
	"context"
	"net/http"
	"time"

	"newsbell/models"
)

// pushSubscription is what a browser's PushSubscription.toJSON returns. Browsers
// add members to it, such as expirationTime, which are ignored.
type pushSubscription struct {
	_        struct{} `additionalProperties:"true"`
	Endpoint string   `json:"endpoint"`
	Keys     pushKeys `json:"keys"`
}

type pushKeys struct {
	_      struct{} `additionalProperties:"true"`
	P256DH string   `json:"p256dh"`
	Auth   string   `json:"auth"`
}

func (p pushSubscription) browser() models.Browser {
	return models.Browser{Endpoint: p.Endpoint, P256DH: p.Keys.P256DH, Auth: p.Keys.Auth}
}

type newSubscription struct {
	Subscription pushSubscription `json:"subscription"`
	Follows      []struct {
		Topic string `json:"topic" doc:"outage/<slug> or app/<slug>"`
		FollowBody
	} `json:"follows,omitempty"`
	TimeZone string `json:"time_zone" doc:"An IANA time zone name. Unknown names become UTC."`
	VAPIDKey string `json:"vapid_key,omitempty" doc:"The VAPID key of the push subscription. Default: the current key."`
}

type subscribed struct {
	Secret   string   `json:"secret" doc:"Returned only once. Every other request about the subscription needs it."`
	Follows  []follow `json:"follows"`
	TimeZone string   `json:"time_zone"`
}

// subscription is a reader's view of their subscription.
type subscription struct {
	Endpoint         string      `json:"endpoint"`
	PublicKey        string      `json:"public_key" doc:"The VAPID key that the push subscription is bound to."`
	NeedsResubscribe bool        `json:"needs_resubscribe" doc:"The push subscription cannot be used any more: the browser must create a new one and PATCH it."`
	GoneAt           *time.Time  `json:"gone_at" doc:"When the push service reported that the endpoint is gone; null while it is in use. Follows are kept for a grace period."`
	TimeZone         string      `json:"time_zone"`
	PausedUntil      *time.Time  `json:"paused_until"`
	QuietHours       *quietHours `json:"quiet_hours" doc:"null if there are none."`
	HourlyCap        int         `json:"hourly_cap" doc:"Alerts per hour; 0: no limit."`
	Follows          []follow    `json:"follows"`
}

type subscriptionChange struct {
	Subscription *pushSubscription    `json:"subscription,omitempty"`
	VAPIDKey     string               `json:"vapid_key,omitempty" doc:"The VAPID key of the push subscription. Default: the current key."`
	TimeZone     *string              `json:"time_zone,omitempty" doc:"An IANA time zone name. Unknown names become UTC."`
	PausedUntil  *time.Time           `json:"paused_until,omitempty" doc:"When a pause ends: at most ten years ahead, or 9999-12-31T00:00:00Z to pause until further notice. A time in the past, from 1970 on, resumes alerts."`
	QuietHours   nullable[quietHours] `json:"quiet_hours,omitempty" doc:"null turns them off."`
	HourlyCap    *int                 `json:"hourly_cap,omitempty" doc:"Alerts per hour, at most 60; 0: no limit."`
}

type vapidKey struct {
	PublicKey string `json:"public_key" doc:"The applicationServerKey, base64url."`
}

func (a *api) routeSubscriptions() {
	handle(a, route{method: http.MethodGet, path: "/vapid-key", id: "get-vapid-key",
		summary: "The current VAPID key"}, a.getVAPIDKey)
	handle(a, route{method: http.MethodPost, path: "/subscriptions", id: "subscribe", status: http.StatusCreated,
		summary: "Subscribe a browser"}, a.subscribe)
	handle(a, route{method: http.MethodGet, path: "/subscription", id: "get-subscription", who: "reader",
		summary: "My subscription"}, a.getSubscription)
	handle(a, route{method: http.MethodPatch, path: "/subscription", id: "change-subscription", who: "reader",
		summary: "Change my subscription"}, a.changeSubscription)
	handle(a, route{method: http.MethodDelete, path: "/subscription", id: "forget", who: "former reader", status: http.StatusNoContent,
		summary: "Forget me"}, a.forget)
}

func (a *api) getVAPIDKey(ctx context.Context, _ *nothing) (*body[vapidKey], error) {
	key, err := a.store.CurrentVAPIDKey(ctx)
	return &body[vapidKey]{vapidKey{PublicKey: key.PublicKey}}, err
}

func (a *api) subscribe(ctx context.Context, in *body[newSubscription]) (*body[subscribed], error) {
	n := models.NewSubscription{
		Browser: in.Body.Subscription.browser(), VAPIDKey: in.Body.VAPIDKey, TimeZone: in.Body.TimeZone,
	}
	for _, f := range in.Body.Follows {
		n.Follows = append(n.Follows, models.NewFollow{Topic: f.Topic, Level: f.Level, Muted: f.Muted})
	}
	sub, err := a.store.Subscribe(ctx, n)
	if err != nil {
		return nil, err
	}
	return &body[subscribed]{subscribed{Secret: sub.Secret, Follows: followsOf(sub.Follows), TimeZone: sub.TimeZone}}, nil
}

func (a *api) getSubscription(ctx context.Context, _ *nothing) (*body[subscription], error) {
	return a.subscription(ctx, readerOf(ctx))
}

func (a *api) changeSubscription(ctx context.Context, in *body[subscriptionChange]) (*body[subscription], error) {
	quiet, err := in.Body.QuietHours.value.parse()
	if err != nil {
		return nil, err
	}
	change := models.SubscriptionChange{
		VAPIDKey: in.Body.VAPIDKey, TimeZone: in.Body.TimeZone, PausedUntil: in.Body.PausedUntil,
		SetQuietHours: in.Body.QuietHours.set, QuietHours: quiet, HourlyCap: in.Body.HourlyCap,
	}
	if in.Body.Subscription != nil {
		browser := in.Body.Subscription.browser()
		change.Browser = &browser
	}
	sub, err := a.store.ChangeSubscription(ctx, readerOf(ctx), change)
	if err != nil {
		return nil, err
	}
	return a.subscription(ctx, sub)
}

func (a *api) forget(ctx context.Context, _ *nothing) (*nothing, error) {
	return nil, a.store.Forget(ctx, readerOf(ctx))
}

func (a *api) subscription(ctx context.Context, sub models.Subscription) (*body[subscription], error) {
	key, err := a.store.VAPIDKey(ctx, sub.VAPIDKeyID)
	if err != nil {
		return nil, err
	}
	follows, err := a.follows(ctx, sub)
	return &body[subscription]{subscription{
		Endpoint: sub.Endpoint, PublicKey: key.PublicKey, NeedsResubscribe: sub.NeedsResubscribe || sub.GoneAt != nil, GoneAt: sub.GoneAt,
		TimeZone: sub.TimeZone, PausedUntil: sub.PausedUntil, QuietHours: quietHoursOf(sub), HourlyCap: sub.HourlyCap,
		Follows: follows,
	}}, err
}
