// Package respond answers requests that fail. One function maps the domain's errors to
// HTTP statuses. People get a page, programs an application/problem+json (RFC 9457).
package respond

import (
	"net/http"
	"strings"
)

// RetryAfter is the time in seconds after which a client may try again if the process
// is not ready, its database is unavailable, or too many live pages are open.
const RetryAfter = "5"

// IsForPrograms reports whether a program reads the response: the API's, or an event
// stream.
func IsForPrograms(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || IsEventStream(r)
}

// IsEventStream reports whether a request opens the event stream of an outage or an alert,
// which must be neither compressed nor buffered.
func IsEventStream(r *http.Request) bool {
	isStreamed := strings.HasPrefix(r.URL.Path, "/outages/") || strings.HasPrefix(r.URL.Path, "/editor/alerts/")
	return isStreamed && strings.HasSuffix(r.URL.Path, "/events")
}
