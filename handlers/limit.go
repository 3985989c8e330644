package handlers

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/httprate"
)

const (
	subscribePath = "/api/v1/subscriptions"
	noticesPath   = "/api/v1/subscription/notices"
)

// limitPosts lets one address, or the /64 of an IPv6 address, post to a path so
// many times a minute; 0: as often as it likes. Each path is counted for itself,
// and no other request is counted.
func (s *server) limitPosts(aMinute map[string]int) gin.HandlerFunc {
	limiters := map[string]*httprate.RateLimiter{}
	for path, limit := range aMinute {
		if limit > 0 {
			limiters[path] = httprate.NewRateLimiter(limit, time.Minute, httprate.WithResponseHeaders(httprate.ResponseHeaders{RetryAfter: "Retry-After"}))
		}
	}
	return func(c *gin.Context) {
		limiter, isLimited := limiters[c.FullPath()]
		if !isLimited || c.Request.Method != http.MethodPost {
			return
		}
		if limiter.OnLimit(c.Writer, c.Request, httprate.CanonicalizeIP(c.ClientIP())) {
			if c.GetHeader("X-Forwarded-For") != "" && c.ClientIP() == c.RemoteIP() {
				s.log.Warn("requests are refused; all that come through an untrusted proxy count as one address", "route", c.FullPath(), "proxy", c.RemoteIP())
			}
			s.failWith(c, http.StatusTooManyRequests)
		}
	}
}
