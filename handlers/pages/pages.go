// Package pages serves readers: pages, feeds, scripts and styles, and the links in
// notifications.
package pages

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/respond"
	"newsbell/models"
	"newsbell/static"
)

// maxListed is the maximum number of outages in a list.
const maxListed = 200

// Options are the dependencies of the pages.
type Options struct {
	Store  *models.Store
	Site   static.Site
	Pages  *static.Pages
	Errors *respond.Errors
}

// pages has the handlers of all pages.
type pages struct {
	store  *models.Store
	site   static.Site
	pages  *static.Pages
	errors *respond.Errors
}

// Route registers all pages.
func Route(engine *gin.Engine, o Options) {
	p := &pages{store: o.Store, site: o.Site, pages: o.Pages, errors: o.Errors}
	p.handle(engine, "/", p.front)
	p.handle(engine, "/outages/:slug", p.outage)
	p.handle(engine, "/apps/:slug", p.app)
	p.handle(engine, static.FeedPath("/outages/:slug"), p.outageFeed)
	p.handle(engine, static.FeedPath("/apps/:slug"), p.appFeed)
	p.handle(engine, "/go/:id/:receipt", p.click)
	p.handle(engine, "/search", p.search)
	p.handle(engine, "/preferences", p.preferences)
	p.routeAssets(engine)
}

// handle registers a page, and shows an error page if show returns an error.
func (p *pages) handle(engine *gin.Engine, path string, show func(*gin.Context) error) {
	handler := func(c *gin.Context) {
		c.Header("Cache-Control", "no-cache")
		page := &conditional{ResponseWriter: c.Writer}
		c.Writer = page
		err := show(c)
		c.Writer = page.ResponseWriter
		if err != nil {
			p.errors.Fail(c, err)
			return
		}
		page.send(c.Request)
	}
	engine.GET(path, handler)
	engine.HEAD(path, handler)
}

// routeAssets registers the files that pages load, here and on sites that embed Follow.
func (p *pages) routeAssets(engine *gin.Engine) {
	for path, handler := range map[string]http.Handler{
		"/service-worker.js":    static.ServiceWorker(p.site),
		"/newsbell.js":          static.Embed(p.site),
		"/newsbell-worker.js":   static.EmbedWorker(p.site),
		"/manifest.webmanifest": static.Manifest(p.site),
		"/static/*file":         static.Assets(),
	} {
		engine.GET(path, gin.WrapH(handler))
		engine.HEAD(path, gin.WrapH(handler))
	}
}
