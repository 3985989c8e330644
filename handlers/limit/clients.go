// Package limit limits what one address may do: post, guess secrets, keep live pages
// open. All addresses of an IPv6 /64, which one household has, count as one.
package limit

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/httprate"

	"newsbell/handlers/peer"
)

// Clients tells clients apart, also behind trusted proxies.
type Clients struct {
	proxies peer.Proxies
	log     *slog.Logger
}

// NewClients returns a Clients that trusts X-Forwarded-For of these proxies.
func NewClients(trusted peer.Proxies, log *slog.Logger) *Clients { return &Clients{trusted, log} }

// Key returns the key that limits count a request under: the network of its client's
// address.
func (c *Clients) Key(r *http.Request) string {
	return peer.Network(c.proxies.Client(r)).String()
}

// IsProxy reports whether a request comes from a trusted proxy that does not name its
// client.
func (c *Clients) IsProxy(r *http.Request) bool { return c.proxies.Trust(c.proxies.Client(r)) }

// WarnOfSharedLimit logs that a request exceeded a limit that all clients of a proxy
// share, because the proxy does not name them or is not trusted.
func (c *Clients) WarnOfSharedLimit(r *http.Request) {
	forwarded, client := r.Header.Get("X-Forwarded-For"), c.proxies.Client(r)
	switch {
	case forwarded == "":
	case c.proxies.Trust(client):
		c.log.Warn("a limit is exceeded: X-Forwarded-For names no address, so all requests through this trusted proxy count as one client's", "proxy", client)
	case client == peer.Of(r.RemoteAddr):
		c.log.Warn("a limit is exceeded: this proxy is not trusted, so all requests through it count as one client's", "proxy", client)
	}
}

// PerMinute returns a limiter of the number of events per key and minute.
func PerMinute(limit int) *httprate.RateLimiter {
	return httprate.NewRateLimiter(limit, time.Minute, httprate.WithResponseHeaders(httprate.ResponseHeaders{RetryAfter: "Retry-After"}))
}
