// Package handlers is Newsbell's web: the reader API, the editor API, the pages
// the streams of open live pages, and the editor's desk. It answers every error
// under /api/ and of a stream with application/problem+json (RFC 9457), and
// nothing is sent to readers in a request: it writes to the store and says so
// on the bus. An open live page gets every update of its outage once, in order,
// whatever the bus loses.
package handlers

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzhttp"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/singleflight"

	"newsbell/handlers/peer"
	"newsbell/models"
	"newsbell/static"
)

// Bus carries events between processes; a *nats.Conn is one.
type Bus interface {
	Publish(subject string, data []byte) error
	ChanSubscribe(subject string, messages chan *nats.Msg) (*nats.Subscription, error)
	StatusChanged(statuses ...nats.Status) chan nats.Status
	RemoveStatusListener(changes chan nats.Status)
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
	// Ready tells what else must be ready before this process takes traffic.
	Ready func(context.Context) error
	Live  LiveOptions
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

// siteName is what the pages call themselves.
const siteName = "Newsbell"

// Web is the handler of everything.
type Web struct {
	http.Handler
	server *server
}

// Answering is how many requests are being answered now, without the streams of
// open live pages.
func (w *Web) Answering() int { return int(w.server.answering.Load()) }

// Run keeps the open live pages up to date until ctx ends, and then ends their
// streams.
func (w *Web) Run(ctx context.Context) error { return w.server.live.run(ctx) }

// server is what all handlers share.
type server struct {
	store   *models.Store
	bus     Bus
	site    static.Site
	proxies peer.Proxies
	log     *slog.Logger
	ready   func(context.Context) error
	pages   *static.Pages
	// notifications makes those that the desk previews.
	notifications models.Notifications
	sessions      *scs.SessionManager
	// Editors' and readers' guesses are counted apart.
	tokenGuesses, secretGuesses *guesses
	live                        *live
	// answering counts requests.
	answering atomic.Int64
	// readiness lets requests share a check.
	readiness singleflight.Group
}

// New makes the web; nothing runs yet.
func New(o Options) (*Web, error) {
	site := static.Site{Name: siteName, BaseURL: o.BaseURL}
	pages, err := static.New(site)
	if err != nil {
		return nil, err
	}
	s := &server{store: o.Store, bus: o.Bus, site: site, proxies: o.TrustedProxies, log: o.Log, ready: o.Ready, pages: pages}
	s.notifications = models.Notifications{BaseURL: o.BaseURL, Lang: cmp.Or(o.Lang, "en")}
	s.sessions = s.newSessions()
	s.tokenGuesses = newGuesses("an editor's token", true, o.GuessLimit, o.Log)
	s.secretGuesses = newGuesses("a reader's secret", false, o.GuessLimit, o.Log)
	s.live = newLive(s, o.Live)
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false // it believes anybody's X-Forwarded-Prefix
	protection, err := s.crossOriginProtection()
	if err != nil {
		return nil, err
	}
	embedding, err := s.embedding(o.EmbedOrigins)
	if err != nil {
		return nil, err
	}
	engine.Use(s.logRequest, gin.CustomRecoveryWithWriter(nil, s.recover), embedding)
	engine.Use(s.limitPosts(map[string]int{subscribePath: o.SubscribeLimit, noticesPath: o.NoticeLimit}))
	engine.NoRoute(s.notFound)
	engine.NoMethod(func(c *gin.Context) { s.failWith(c, http.StatusMethodNotAllowed) })
	s.routeAPI(engine)
	s.routePages(engine)
	s.routeOutageEvents(engine)
	s.routeEditor(engine)
	s.routeHealth(engine)
	return &Web{s.belowRoot(s.count(s.secure(s.compress(s.sameOrigin(protection, s.withSessions(engine)))))), s}, nil
}

// count counts the requests that are being answered.
func (s *server) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isEventStream(r) {
			s.answering.Add(1)
			defer s.answering.Add(-1)
		}
		next.ServeHTTP(w, r)
	})
}

// compress packs pages and assets. API answers stay as they are: what a
// stranger sends and a secret never share a compressed body. So do streams.
func (s *server) compress(next http.Handler) http.Handler {
	return exceptForPrograms(next, gzhttp.GzipHandler(next))
}

// withSessions keeps cookies to the editor's desk; no other answer varies by
// them.
func (s *server) withSessions(next http.Handler) http.Handler {
	desk := s.sessions.LoadAndSave(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isDesk(r) {
			desk.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// exceptForPrograms serves what programs read plainly and everything else wrapped.
func exceptForPrograms(plain, wrapped http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isForPrograms(r) {
			plain.ServeHTTP(w, r)
			return
		}
		wrapped.ServeHTTP(w, r)
	})
}

const contentSecurityPolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// secure goes around what answers, so that no answer is without its headers.
func (s *server) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		if strings.HasPrefix(s.site.BaseURL, "https://") {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if isForPrograms(r) {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}

// logRequest names the route, not the address: addresses may hold secrets.
func (s *server) logRequest(c *gin.Context) {
	c.Next()
	s.log.Debug("request", "method", c.Request.Method, "route", c.FullPath(), "status", c.Writer.Status())
}

// isForPrograms tells what no person reads: the API, and the streams of scripts.
func isForPrograms(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || isEventStream(r)
}

func isDesk(r *http.Request) bool {
	return r.URL.Path == "/editor" || strings.HasPrefix(r.URL.Path, "/editor/")
}
