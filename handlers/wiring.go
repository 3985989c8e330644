package handlers

import (
	"cmp"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/api"
	"newsbell/handlers/limit"
	"newsbell/handlers/live"
	"newsbell/handlers/newsroom"
	"newsbell/handlers/openid"
	"newsbell/handlers/pages"
	"newsbell/handlers/passkeys"
	"newsbell/handlers/publish"
	"newsbell/handlers/respond"
	"newsbell/handlers/watching"
	"newsbell/models"
	"newsbell/static"
)

// shared holds the dependencies that the subpackages share.
type shared struct {
	site      static.Site
	pages     *static.Pages
	errors    *respond.Errors
	clients   *limit.Clients
	publisher *publish.Publisher
	passkeys  *passkeys.RelyingParty
	// Wrong tokens and passwords of editors and wrong secrets of readers are counted
	// separately, by client, and wrong passwords also by email address.
	editorGuesses, passwordGuesses, readerGuesses *limit.Guesses
}

func newShared(o Options) (shared, error) {
	site := static.Site{Name: siteName, BaseURL: o.BaseURL}
	pages, err := static.New(site)
	if err != nil {
		return shared{}, err
	}
	relyingParty, err := passkeys.New(site)
	if err != nil {
		return shared{}, err
	}
	return shared{
		site: site, pages: pages, passkeys: relyingParty, errors: respond.NewErrors(pages, o.Log),
		clients: limit.NewClients(o.TrustedProxies, o.Log), publisher: publish.New(o.Store, o.Bus, o.Log),
		editorGuesses:   limit.NewGuesses(limit.GuessOptions{Kind: "an editor's token or password", LogEach: true, PerMinute: o.GuessLimit, Log: o.Log}),
		passwordGuesses: limit.NewGuesses(limit.GuessOptions{Kind: "an editor's password", PerMinute: o.GuessLimit, Log: o.Log}),
		readerGuesses:   limit.NewGuesses(limit.GuessOptions{Kind: "a reader's secret", PerMinute: o.GuessLimit, Log: o.Log}),
	}, nil
}

func newEngine(s shared, o Options) (*gin.Engine, error) {
	embedding, err := embedding(s.site, s.errors, o.EmbedOrigins)
	if err != nil {
		return nil, err
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false // gin's redirect trusts X-Forwarded-Prefix of every client
	engine.Use(logRequest(o.Log), recoverPanic(s.errors, o.Log), embedding)
	engine.Use(limitRequests(s.clients, s.errors, map[string]int{
		api.SubscribePath: o.SubscribeLimit, api.NoticesPath: o.NoticeLimit, newsroom.PasskeyOptionsPath: o.GuessLimit, newsroom.OpenIDPath: o.GuessLimit,
	}))
	engine.NoRoute(notFound(s.site, s.errors))
	engine.NoMethod(func(c *gin.Context) { s.errors.Abort(c, http.StatusMethodNotAllowed) })
	return engine, nil
}

// newRoutedEngine returns an engine with all routes.
func newRoutedEngine(s shared, hub *live.Hub, watched *watching.Hub, o Options) (*gin.Engine, error) {
	engine, err := newEngine(s, o)
	if err != nil {
		return nil, err
	}
	routeAPI(engine, s, o)
	pages.Route(engine, pages.Options{Store: o.Store, Site: s.site, Pages: s.pages, Errors: s.errors})
	hub.Route(engine)
	newNewsroom(s, watched, o).Route(engine)
	routeHealth(engine, newReadiness(o.Store, o.Ready, o.Log))
	return engine, nil
}

func routeAPI(engine *gin.Engine, s shared, o Options) {
	api.Route(engine, api.Options{
		Store: o.Store, Publisher: s.publisher, Site: s.site, Errors: s.errors, Clients: s.clients,
		EditorGuesses: s.editorGuesses, ReaderGuesses: s.readerGuesses, Log: o.Log,
	})
}

func newHub(s shared, o Options) *live.Hub {
	return live.New(live.Dependencies{
		Store: o.Store, Bus: o.Bus, Site: s.site, Pages: s.pages, Errors: s.errors, Clients: s.clients, Log: o.Log,
	}, o.Live)
}

func newNewsroom(s shared, watched *watching.Hub, o Options) *newsroom.Newsroom {
	return newsroom.New(newsroom.Options{
		Store: o.Store, Publisher: s.publisher, Watching: watched, Site: s.site, Pages: s.pages,
		Notifications: models.Notifications{BaseURL: o.BaseURL, Lang: cmp.Or(o.Lang, "en")},
		TimeZone:      cmp.Or(o.TimeZone, time.UTC),
		Errors:        s.errors, Clients: s.clients, Guesses: s.editorGuesses, PasswordGuesses: s.passwordGuesses,
		Passkeys: s.passkeys, OpenID: openid.New(o.OpenID, o.BaseURL+newsroom.OpenIDCallback), Log: o.Log,
	})
}
