package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/httprate"

	"newsbell/handlers/limit"
	"newsbell/handlers/respond"
)

// limitPosts lets one address post to a path at most this often a minute; 0: any
// number of times. Each path is counted by itself, and no other request is
// counted.
func limitPosts(clients *limit.Clients, errors *respond.Errors, perMinute map[string]int) gin.HandlerFunc {
	limiters := map[string]*httprate.RateLimiter{}
	for path, n := range perMinute {
		if n > 0 {
			limiters[path] = limit.PerMinute(n)
		}
	}
	return func(c *gin.Context) {
		limiter, isLimited := limiters[c.FullPath()]
		if !isLimited || c.Request.Method != http.MethodPost {
			return
		}
		if limiter.OnLimit(c.Writer, c.Request, clients.Key(c.Request)) {
			clients.WarnOfProxy(c.Request)
			errors.Refuse(c, http.StatusTooManyRequests)
		}
	}
}
