package handlers

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/httprate"

	"newsbell/handlers/peer"
)

const (
	subscribePath = "/api/v1/subscriptions"
	noticesPath   = "/api/v1/subscription/notices"
)

// limitPosts lets one address, or the /64 of an IPv6 address, post to a path at
// most this often a minute; 0: any number of times. Each path is counted for
// itself, and no other request is counted.
func (s *server) limitPosts(aMinute map[string]int) gin.HandlerFunc {
	limiters := map[string]*httprate.RateLimiter{}
	for path, limit := range aMinute {
		if limit > 0 {
			limiters[path] = newLimiter(limit)
		}
	}
	return func(c *gin.Context) {
		limiter, isLimited := limiters[c.FullPath()]
		if !isLimited || c.Request.Method != http.MethodPost {
			return
		}
		if limiter.OnLimit(c.Writer, c.Request, s.countedAs(c.Request)) {
			s.warnOfProxy(c.Request)
			s.failWith(c, http.StatusTooManyRequests)
		}
	}
}

func newLimiter(aMinute int) *httprate.RateLimiter {
	return httprate.NewRateLimiter(aMinute, time.Minute, httprate.WithResponseHeaders(httprate.ResponseHeaders{RetryAfter: "Retry-After"}))
}

// countedAs is what limits count a request under.
func (s *server) countedAs(r *http.Request) string {
	return peer.Network(s.proxies.Client(r)).String()
}

// warnOfProxy says when a limit was reached by all that come through a proxy,
// since nobody told us who they are.
func (s *server) warnOfProxy(r *http.Request) {
	forwarded, client := r.Header.Get("X-Forwarded-For"), s.proxies.Client(r)
	switch {
	case forwarded == "":
	case s.proxies.Trust(client):
		s.log.Warn("requests are refused; X-Forwarded-For names no address, so all that come through a trusted proxy count as one", "proxy", client)
	case client == peer.Of(r.RemoteAddr):
		s.log.Warn("requests are refused; all that come through an untrusted proxy count as one address", "proxy", client)
	}
}
