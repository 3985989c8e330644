// Package newsroom is the editors' part of the site: they sign in with a token, preview
// a draft and the number of readers it reaches, publish it, watch its alert and stop it.
// It works without JavaScript.
package newsroom

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/limit"
	"newsbell/handlers/publish"
	"newsbell/handlers/respond"
	"newsbell/models"
	"newsbell/static"
)

// maxForm is the maximum size of a form, in bytes: four times the API's maximum, because
// forms are URL-encoded.
const maxForm = 64 << 10

// Options are the dependencies of the newsroom.
type Options struct {
	Store     *models.Store
	Publisher *publish.Publisher
	Site      static.Site
	Pages     *static.Pages
	// Notifications builds the notifications for previews.
	Notifications models.Notifications
	Errors        *respond.Errors
	Clients       *limit.Clients
	// Guesses limits wrong tokens.
	Guesses *limit.Guesses
}

// Newsroom has the handlers of all its pages.
type Newsroom struct {
	store         *models.Store
	publisher     *publish.Publisher
	site          static.Site
	pages         *static.Pages
	notifications models.Notifications
	errors        *respond.Errors
	clients       *limit.Clients
	guesses       *limit.Guesses
}

// New returns a newsroom.
func New(o Options) *Newsroom {
	return &Newsroom{
		store: o.Store, publisher: o.Publisher, site: o.Site, pages: o.Pages, notifications: o.Notifications,
		errors: o.Errors, clients: o.Clients, guesses: o.Guesses,
	}
}

// Owns reports whether a request is for the newsroom.
func Owns(r *http.Request) bool {
	return r.URL.Path == "/editor" || strings.HasPrefix(r.URL.Path, "/editor/")
}

// Route registers the newsroom's pages.
func (n *Newsroom) Route(engine *gin.Engine) {
	group := engine.Group("/editor", limitForm)
	n.handle(group, http.MethodGet, "/sign-in", n.signInPage)
	n.handle(group, http.MethodPost, "/sign-in", n.signIn)
	editors := group.Group("", n.needSession)
	n.handle(editors, http.MethodPost, "/sign-out", n.signOut)
	n.handle(editors, http.MethodGet, "", n.frontPage)
	n.handle(editors, http.MethodGet, "/outages/:slug", n.outagePage)
	n.handle(editors, http.MethodPost, "/outages/:slug/updates", n.submitUpdate)
	n.handle(editors, http.MethodGet, "/alerts/:id", n.getAlert)
	n.handle(editors, http.MethodPost, "/alerts/:id/stop", n.stopAlert)
}

func limitForm(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
}

// handle registers a handler, and answers with its error if it returns one.
func (n *Newsroom) handle(group *gin.RouterGroup, method, path string, do func(*gin.Context) error) {
	handler := func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		if err := do(c); err != nil {
			n.errors.Fail(c, err)
		}
	}
	group.Handle(method, path, handler)
	if method == http.MethodGet {
		group.HEAD(path, handler)
	}
}
