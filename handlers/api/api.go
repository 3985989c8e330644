// Package api is the HTTP API below /api/v1, for readers' browsers and editors'
// programs, with its OpenAPI description. Every error is an
// application/problem+json (RFC 9457).
package api

import (
	"log/slog"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"newsbell/handlers/limit"
	"newsbell/handlers/publish"
	"newsbell/handlers/respond"
	"newsbell/models"
	"newsbell/static"
)

const (
	root = "/api/v1"
	// SubscribePath and NoticesPath are the paths at which readers subscribe and request
	// notices.
	SubscribePath = root + "/subscriptions"
	NoticesPath   = root + "/subscription/notices"
)

// Options are the dependencies of the API.
type Options struct {
	Store     *models.Store
	Publisher *publish.Publisher
	Site      static.Site
	Errors    *respond.Errors
	Clients   *limit.Clients
	// EditorGuesses and ReaderGuesses limit wrong tokens and wrong secrets.
	EditorGuesses, ReaderGuesses *limit.Guesses
	Log                          *slog.Logger
}

// api has the handlers of all operations.
type api struct {
	huma                         huma.API
	store                        *models.Store
	publisher                    *publish.Publisher
	site                         static.Site
	errors                       *respond.Errors
	clients                      *limit.Clients
	editorGuesses, readerGuesses *limit.Guesses
	log                          *slog.Logger
}

// Route registers the API.
func Route(engine *gin.Engine, o Options) {
	a := &api{
		huma:  humagin.NewWithGroup(engine, engine.Group(root), describe(o.Site)),
		store: o.Store, publisher: o.Publisher, site: o.Site, errors: o.Errors, clients: o.Clients,
		editorGuesses: o.EditorGuesses, readerGuesses: o.ReaderGuesses, log: o.Log,
	}
	a.routeSubscriptions()
	a.routeSubscriptionData()
	a.routeSentAlerts()
	a.routeReceipts()
	a.routeFollows()
	a.routeNotices()
	a.routeApps()
	a.routeOutages()
	a.routeUpdates()
	a.routeAlerts()
}

func describe(site static.Site) huma.Config {
	config := huma.DefaultConfig("Newsbell", "1")
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/openapi", "", ""
	config.CreateHooks = nil // no $schema in responses
	config.Servers = []*huma.Server{{URL: site.BaseURL + root}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"reader": {Type: "http", Scheme: "bearer", Description: "The secret from POST /subscriptions"},
		"token":  {Type: "http", Scheme: "bearer", Description: "A token from newsbell token create or the newsroom. Each operation says which scope it needs."},
	}
	return config
}
