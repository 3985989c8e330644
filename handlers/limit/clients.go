// Package limit bounds what one address may do: post, guess secrets, keep live
// pages open. An IPv6 address counts with all of its /64, which one household
// has.
package limit

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/httprate"

	"newsbell/handlers/peer"
)

// Clients distinguishes clients, also behind trusted proxies.
type Clients struct {
	proxies peer.Proxies
	log     *slog.Logger
}

// NewClients returns a Clients that believes X-Forwarded-For of these proxies.
func NewClients(trusted peer.Proxies, log *slog.Logger) *Clients { return &Clients{trusted, log} }

// Key returns what a request counts under: the network of its client's address.
func (c *Clients) Key(r *http.Request) string {
	return peer.Network(c.proxies.Client(r)).String()
}

// IsProxy reports whether a request comes from a trusted proxy that names no
// client, and may be anybody's.
func (c *Clients) IsProxy(r *http.Request) bool { return c.proxies.Trust(c.proxies.Client(r)) }

// WarnOfProxy logs that a request was refused for a limit that all clients of a
// proxy share, because the proxy does not name them or is not trusted.
func (c *Clients) WarnOfProxy(r *http.Request) {
	forwarded, client := r.Header.Get("X-Forwarded-For"), c.proxies.Client(r)
	switch {
	case forwarded == "":
	case c.proxies.Trust(client):
		c.log.Warn("requests are refused; X-Forwarded-For names no address, so all that come through a trusted proxy count as one", "proxy", client)
	case client == peer.Of(r.RemoteAddr):
		c.log.Warn("requests are refused; all that come through an untrusted proxy count as one address", "proxy", client)
	}
}

// PerMinute returns a limiter that lets each key do something at most this often
// a minute.
func PerMinute(limit int) *httprate.RateLimiter {
	return httprate.NewRateLimiter(limit, time.Minute, httprate.WithResponseHeaders(httprate.ResponseHeaders{RetryAfter: "Retry-After"}))
}
