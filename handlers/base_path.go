package handlers

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/respond"
	"newsbell/models"
	"newsbell/static"
)

// belowBasePath serves everything below the path of the base URL, and removes that path
// before the handlers see it. Proxies must forward it unchanged. Health checks are
// outside of it.
func belowBasePath(site static.Site, errors *respond.Errors, next http.Handler) http.Handler {
	root := site.Root()
	if root == "" {
		return next
	}
	outside := secure(site, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { errors.Page(w, http.StatusNotFound) }))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		below, isBelow := strings.CutPrefix(r.URL.Path, root+"/")
		switch {
		case isBelow:
			next.ServeHTTP(w, withPath(r, "/"+below))
		case r.URL.Path == root:
			http.Redirect(w, r, address(site, "/", r.URL.RawQuery), http.StatusMovedPermanently)
		case r.URL.Path == "/healthz" || r.URL.Path == "/readyz":
			next.ServeHTTP(w, r)
		default:
			outside.ServeHTTP(w, r)
		}
	})
}

func withPath(r *http.Request, path string) *http.Request {
	changed := *r
	address := *r.URL
	address.Path, address.RawPath = path, ""
	changed.URL = &address
	return &changed
}

// notFound answers requests that match no route. It redirects a path with a trailing
// slash.
func notFound(site static.Site, errors *respond.Errors) gin.HandlerFunc {
	return func(c *gin.Context) {
		requested := c.Request.URL.Path
		isRead := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
		if isRead && requested != "/" && strings.HasSuffix(requested, "/") {
			c.Redirect(http.StatusMovedPermanently, address(site, path.Clean(requested), c.Request.URL.RawQuery))
			return
		}
		errors.Fail(c, models.ErrNotFound)
	}
}

// address returns the address of a path below the base path, for a redirect.
func address(site static.Site, path, query string) string {
	return site.Root() + (&url.URL{Path: path, RawQuery: query}).String()
}
