// Package handlers is Newsbell's HTTP server. Its subpackages answer the requests: the
// API, the pages, their live streams and the newsroom. This package combines them and
// adds what applies to every request: the base path, security headers, compression,
// cross-origin protection, limits and health checks. No handler sends a push message.
package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"newsbell/handlers/live"
	"newsbell/handlers/openid"
	"newsbell/handlers/peer"
	"newsbell/handlers/publish"
	"newsbell/handlers/respond"
	"newsbell/handlers/watching"
	"newsbell/models"
)

// siteName is the name of the site on its pages.
const siteName = "Newsbell"

// Bus carries events between processes; a *nats.Conn is one.
type Bus interface {
	publish.Bus
	live.Bus
}

// Options are the dependencies and settings of the web.
type Options struct {
	Store *models.Store
	Bus   Bus
	// BaseURL is the public address of the site: an origin, perhaps with a path, without
	// a trailing slash.
	BaseURL string
	// Lang is the language of the coverage. Default: "en".
	Lang string
	// TimeZone is that in which the newsroom schedules updates. Default: UTC.
	TimeZone *time.Location
	Log      *slog.Logger
	// Ready returns an error if a dependency other than the database is not ready.
	Ready func(context.Context) error
	Live  live.Options
	// Watching are the settings of the newsroom's pages of alerts.
	Watching watching.Options
	// SubscribeLimit is the number of subscriptions per address and minute; 0: no limit.
	SubscribeLimit int
	// NoticeLimit is the number of notices per address and minute; 0: no limit.
	NoticeLimit int
	// GuessLimit is the number of wrong tokens, passwords and passkeys, of wrong reader
	// secrets, and of challenges for passkeys, per address and minute; 0: no limit.
	GuessLimit int
	// OpenID is the identity provider that signs editors in.
	OpenID openid.Settings
	// TrustedProxies are the proxies whose X-Forwarded-For is trusted.
	TrustedProxies peer.Proxies
	// EmbedOrigins are the origins whose pages may embed Follow.
	EmbedOrigins []string
}

// Web handles all requests.
type Web struct {
	http.Handler
	live      *live.Hub
	watching  *watching.Hub
	publisher *publish.Publisher
	// answering is the number of requests in progress.
	answering atomic.Int64
}

// New returns a Web. Call Run to keep live pages up to date.
func New(o Options) (*Web, error) {
	shared, err := newShared(o)
	if err != nil {
		return nil, err
	}
	hub := newHub(shared, o)
	watched := watching.New(o.Bus, o.Watching)
	engine, err := newRoutedEngine(shared, hub, watched, o)
	if err != nil {
		return nil, err
	}
	protection, err := crossOriginProtection(shared.site, shared.errors)
	if err != nil {
		return nil, err
	}
	w := &Web{live: hub, watching: watched, publisher: shared.publisher}
	protected := sameOrigin(protection, shared.errors, engine)
	w.Handler = belowBasePath(shared.site, shared.errors, w.count(secure(shared.site, compress(protected))))
	return w, nil
}

// Run ends undo windows, publishes what is scheduled, keeps the open live pages and the newsroom's pages of alerts up to
// date until ctx is done, and then ends their streams.
func (w *Web) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.publisher.Run(ctx) })
	group.Go(func() error { return w.live.Run(ctx) })
	group.Go(func() error { return w.watching.Run(ctx) })
	return group.Wait()
}

// Answering returns the number of requests in progress, without the streams of open
// pages.
func (w *Web) Answering() int { return int(w.answering.Load()) }

// count counts the requests in progress.
func (w *Web) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, r *http.Request) {
		if !respond.IsEventStream(r) {
			w.answering.Add(1)
			defer w.answering.Add(-1)
		}
		next.ServeHTTP(writer, r)
	})
}
