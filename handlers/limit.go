package handlers

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/httprate"
)

const subscribePath = "/api/v1/subscriptions"

// limitSubscribing lets one address, or the /64 of an IPv6 address, subscribe so
// many times a minute. No other request is counted.
func (s *server) limitSubscribing(aMinute int) gin.HandlerFunc {
	limiter := httprate.NewRateLimiter(aMinute, time.Minute, httprate.WithResponseHeaders(httprate.ResponseHeaders{RetryAfter: "Retry-After"}))
	return func(c *gin.Context) {
		if c.Request.Method != http.MethodPost || c.FullPath() != subscribePath {
			return
		}
		if limiter.OnLimit(c.Writer, c.Request, httprate.CanonicalizeIP(c.ClientIP())) {
			if c.GetHeader("X-Forwarded-For") != "" && c.ClientIP() == c.RemoteIP() {
				s.log.Warn("subscriptions are refused; all that come through an untrusted proxy count as one address", "proxy", c.RemoteIP())
			}
			s.failWith(c, http.StatusTooManyRequests)
		}
	}
}
