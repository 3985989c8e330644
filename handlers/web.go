// Package handlers is Newsbell's web. Its rooms answer the requests: the API, the
// pages, their live streams and the newsroom. This package joins them and keeps
// what goes around every request: the path that the site is below, security
// headers, compression, protection from other sites, limits and health. Nothing
// is sent to readers in a request.
package handlers

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/api"
	"newsbell/handlers/limit"
	"newsbell/handlers/live"
	"newsbell/handlers/newsroom"
	"newsbell/handlers/pages"
	"newsbell/handlers/peer"
	"newsbell/handlers/publish"
	"newsbell/handlers/respond"
	"newsbell/models"
	"newsbell/static"
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

// New makes the web; nothing runs yet.
func New(o Options) (*Web, error) {
	site := static.Site{Name: siteName, BaseURL: o.BaseURL}
	sitePages, err := static.New(site)
	if err != nil {
		return nil, err
	}
	errors := respond.NewErrors(sitePages, o.Log)
	clients := limit.NewClients(o.TrustedProxies, o.Log)
	publisher := publish.New(o.Store, o.Bus, o.Log)
	// Editors' and readers' guesses are counted apart.
	editorGuesses := limit.NewGuesses(limit.GuessOptions{Kind: "an editor's token", LogEach: true, PerMinute: o.GuessLimit, Log: o.Log})
	readerGuesses := limit.NewGuesses(limit.GuessOptions{Kind: "a reader's secret", PerMinute: o.GuessLimit, Log: o.Log})
	hub := live.New(live.Dependencies{
		Store: o.Store, Bus: o.Bus, Site: site, Pages: sitePages, Errors: errors, Clients: clients, Log: o.Log,
	}, o.Live)
	desk := newsroom.New(newsroom.Options{
		Store: o.Store, Publisher: publisher, Site: site, Pages: sitePages,
		Notifications: models.Notifications{BaseURL: o.BaseURL, Lang: cmp.Or(o.Lang, "en")},
		Errors:        errors, Clients: clients, Guesses: editorGuesses,
	})
	embedding, err := embedding(site, errors, o.EmbedOrigins)
	if err != nil {
		return nil, err
	}
	protection, err := crossOriginProtection(site, errors)
	if err != nil {
		return nil, err
	}

	engine := newEngine(site, errors)
	engine.Use(logRequest(o.Log), recoverPanic(errors, o.Log), embedding,
		limitPosts(clients, errors, map[string]int{api.SubscribePath: o.SubscribeLimit, api.NoticesPath: o.NoticeLimit}))
	api.Route(engine, api.Options{
		Store: o.Store, Publisher: publisher, Site: site, Errors: errors, Clients: clients,
		EditorGuesses: editorGuesses, ReaderGuesses: readerGuesses, Log: o.Log,
	})
	pages.Route(engine, pages.Options{Store: o.Store, Site: site, Pages: sitePages, Errors: errors})
	hub.Route(engine)
	desk.Route(engine)
	routeHealth(engine, newReadiness(o.Store, o.Ready, o.Log))

	w := &Web{live: hub}
	w.Handler = belowBasePath(site, errors, w.count(secure(site, compress(
		sameOrigin(protection, errors, desk.WithSessions(engine))))))
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

func newEngine(site static.Site, errors *respond.Errors) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false // it believes anybody's X-Forwarded-Prefix
	engine.NoRoute(notFound(site, errors))
	engine.NoMethod(func(c *gin.Context) { errors.Refuse(c, http.StatusMethodNotAllowed) })
	return engine
}
