// Package respond answers what the whole web answers alike: requests that fail.
// One map turns the domain's errors into statuses. People get a page, programs
// application/problem+json (RFC 9457).
package respond

import (
	"net/http"
	"strings"
)

// RetryAfter is how many seconds a client waits before it asks again when the
// process is not ready, its database is unavailable or its live pages are full.
const RetryAfter = "5"

// IsForPrograms reports whether a program reads the answer: that of the API, or
// an event stream.
func IsForPrograms(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || IsEventStream(r)
}

// IsEventStream reports whether a request opens an outage's event stream, which
// must be neither compressed nor buffered.
func IsEventStream(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/outages/") && strings.HasSuffix(r.URL.Path, "/events")
}
