// Package handlers is Newsbell's web. Its rooms answer the requests: the API, the
// pages, their live streams and the newsroom. This package joins them and keeps
// what goes around every request: the path that the site is below, security
// headers, compression, protection from other sites, limits and health. Nothing
// is sent to readers in a request.
package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"

	"newsbell/handlers/live"
	"newsbell/handlers/pages"
	"newsbell/handlers/peer"
	"newsbell/handlers/publish"
	"newsbell/handlers/respond"
	"newsbell/models"
)

// siteName is what the pages call themselves.
const siteName = "Newsbell"

// Bus carries events between processes; a *nats.Conn is one.
type Bus interface {
	publish.Bus
	live.Bus
}

// Options are what the web needs.
type Options struct {
	Store *models.Store
	Bus   Bus
	// BaseURL is where readers find the pages, an origin and perhaps a path,
	// without a slash at the end.
	BaseURL string
	// Lang is the language of the coverage. Default: "en".
	Lang string
	Log  *slog.Logger
	// Ready returns an error if something else is not ready for traffic.
	Ready func(context.Context) error
	Live  live.Options
	// SubscribeLimit is how often a minute one address may subscribe; 0: as often
	// as it likes.
	SubscribeLimit int
	// NoticeLimit is the same of notices.
	NoticeLimit int
	// GuessLimit is how many wrong tokens, and how many wrong secrets of readers, one
	// address may send a minute; 0: any number.
	GuessLimit int
	// TrustedProxies are those whose X-Forwarded-For is believed.
	TrustedProxies peer.Proxies
	// EmbedOrigins are the origins whose pages may offer to follow.
	EmbedOrigins []string
}

// Web is the handler of everything.
type Web struct {
	http.Handler
	live *live.Hub
	// answering counts requests.
	answering atomic.Int64
}

// New returns the web; nothing runs yet.
func New(o Options) (*Web, error) {
	shared, err := newShared(o)
	if err != nil {
		return nil, err
	}
	engine, err := newEngine(shared, o)
	if err != nil {
		return nil, err
	}
	hub, editors := newHub(shared, o), newNewsroom(shared, o)
	routeAPI(engine, shared, o)
	pages.Route(engine, pages.Options{Store: o.Store, Site: shared.site, Pages: shared.pages, Errors: shared.errors})
	hub.Route(engine)
	editors.Route(engine)
	routeHealth(engine, newReadiness(o.Store, o.Ready, o.Log))

	protection, err := crossOriginProtection(shared.site, shared.errors)
	if err != nil {
		return nil, err
	}
	w := &Web{live: hub}
	protected := sameOrigin(protection, shared.errors, editors.WithSessions(engine))
	w.Handler = belowBasePath(shared.site, shared.errors, w.count(secure(shared.site, compress(protected))))
	return w, nil
}

// Run keeps the open live pages up to date until ctx ends, and then ends their
// streams.
func (w *Web) Run(ctx context.Context) error { return w.live.Run(ctx) }

// Answering is how many requests are being answered now, without the streams of
// open live pages.
func (w *Web) Answering() int { return int(w.answering.Load()) }

// count counts the requests that are being answered.
func (w *Web) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, r *http.Request) {
		if !respond.IsEventStream(r) {
			w.answering.Add(1)
			defer w.answering.Add(-1)
		}
		next.ServeHTTP(writer, r)
	})
}
