package handlers

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/respond"
	"newsbell/static"
)

// Starting returns the handler for the time in which the program cannot reach its
// database: it is alive but not ready, and answers every request with 503 and
// Retry-After.
func Starting(baseURL string, log *slog.Logger) (http.Handler, error) {
	site := static.Site{Name: siteName, BaseURL: baseURL}
	pages, err := static.New(site)
	if err != nil {
		return nil, err
	}
	errors := respond.NewErrors(pages, log)
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	routeHealthz(engine)
	engine.GET("/static/*file", gin.WrapH(static.Assets())) // for the error page
	engine.NoRoute(func(c *gin.Context) {
		c.Header("Retry-After", respond.RetryAfter)
		if c.Request.URL.Path == "/readyz" {
			respond.Problem(c, http.StatusServiceUnavailable, respond.Message(http.StatusServiceUnavailable))
			return
		}
		errors.Abort(c, http.StatusServiceUnavailable)
	})
	return belowBasePath(site, errors, secure(site, engine)), nil
}
