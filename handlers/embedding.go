package handlers

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/rs/cors"

	"newsbell/handlers/respond"
	"newsbell/static"
)

// forReaders are the routes of the API that readers' browsers call.
var forReaders = []string{
	"vapid-key", "subscriptions", "subscription", "subscription/*", "subscription/*/*", "subscription/*/*/*",
	"receipts", "outages/*", "apps/*",
}

// preflightAge is how long a browser may cache a preflight, in seconds. Chromium allows
// at most two hours.
const preflightAge = 7200

// embedding allows pages of these origins to call the readers' routes, and blocks pages
// of all other origins. Pages and the editors' routes are only for our own origin.
func embedding(site static.Site, errors *respond.Errors, origins []string) (gin.HandlerFunc, error) {
	allowed := cors.New(cors.Options{
		AllowOriginFunc: func(origin string) bool { return slices.Contains(origins, origin) },
		AllowedMethods:  []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete},
		AllowedHeaders:  []string{"Authorization", "Content-Type"},
		ExposedHeaders:  []string{"Retry-After"},
		MaxAge:          preflightAge,
	})
	protection, err := crossOriginProtection(site, errors, origins...)
	if err != nil {
		return nil, err
	}
	return func(c *gin.Context) {
		if !isForReaders(c.Request.URL.Path) {
			return
		}
		allowed.HandlerFunc(c.Writer, c.Request)
		if c.Request.Method == http.MethodOptions && c.GetHeader("Access-Control-Request-Method") != "" {
			c.AbortWithStatus(http.StatusNoContent)
			return
		}
		if protection.Check(c.Request) != nil {
			errors.Abort(c, http.StatusForbidden)
		}
	}, nil
}

func isForReaders(address string) bool {
	route, isAPI := strings.CutPrefix(address, "/api/v1/")
	return isAPI && slices.ContainsFunc(forReaders, func(pattern string) bool {
		matches, err := path.Match(pattern, route)
		return err == nil && matches
	})
}
