package handlers

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"newsbell/static"
)

// comeBackAfter is how many seconds to wait for a process that is not open yet, or
// whose database is unavailable.
const comeBackAfter = "5"

// Waiting answers while the program cannot reach its database: it lives, it is
// not ready, and everybody is asked to come back.
func Waiting(baseURL string, log *slog.Logger) (http.Handler, error) {
	site := static.Site{Name: siteName, BaseURL: baseURL}
	pages, err := static.New(site)
	if err != nil {
		return nil, err
	}
	s := &server{site: site, log: log, pages: pages}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	s.routeHealthz(engine)
	engine.GET("/static/*file", gin.WrapH(static.Assets())) // of the error page
	engine.NoRoute(func(c *gin.Context) {
		c.Header("Retry-After", comeBackAfter)
		if c.Request.URL.Path == "/readyz" {
			writeProblem(c, http.StatusServiceUnavailable, words(http.StatusServiceUnavailable))
			return
		}
		s.failWith(c, http.StatusServiceUnavailable)
	})
	return s.belowRoot(s.secure(engine)), nil
}
