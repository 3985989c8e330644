package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/httprate"

	"newsbell/handlers/limit"
	"newsbell/handlers/respond"
)

// limitRequests limits the number of requests per address and minute for each path in
// perMinute; 0: no limit. Paths are counted separately.
func limitRequests(clients *limit.Clients, errors *respond.Errors, perMinute map[string]int) gin.HandlerFunc {
	limiters := map[string]*httprate.RateLimiter{}
	for path, n := range perMinute {
		if n > 0 {
			limiters[path] = limit.PerMinute(n)
		}
	}
	return func(c *gin.Context) {
		limiter, isLimited := limiters[c.FullPath()]
		if !isLimited {
			return
		}
		if limiter.OnLimit(c.Writer, c.Request, clients.Key(c.Request)) {
			clients.WarnOfSharedLimit(c.Request)
			errors.Abort(c, http.StatusTooManyRequests)
		}
	}
}
