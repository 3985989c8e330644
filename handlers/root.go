package handlers

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/models"
)

// belowRoot serves everything below the site's root, whose path handlers do not
// see. Proxies pass it on as readers write it. Probes ask for health without it.
func (s *server) belowRoot(next http.Handler) http.Handler {
	root := s.site.Root()
	if root == "" {
		return next
	}
	outside := s.secure(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { s.errorPage(w, http.StatusNotFound) }))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		below, isBelow := strings.CutPrefix(r.URL.Path, root+"/")
		switch {
		case isBelow:
			next.ServeHTTP(w, withPath(r, "/"+below))
		case r.URL.Path == root:
			http.Redirect(w, r, s.at("/", r.URL.RawQuery), http.StatusMovedPermanently)
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

// at is the address of one of our paths, for a redirect.
func (s *server) at(path, query string) string {
	return s.site.Root() + (&url.URL{Path: path, RawQuery: query}).String()
}

// notFound forgives a slash at the end.
func (s *server) notFound(c *gin.Context) {
	address := c.Request.URL.Path
	isRead := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	if isRead && address != "/" && strings.HasSuffix(address, "/") {
		c.Redirect(http.StatusMovedPermanently, s.at(path.Clean(address), c.Request.URL.RawQuery))
		return
	}
	s.fail(c, models.ErrNotFound)
}
