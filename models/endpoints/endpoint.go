// Package endpoints knows the push endpoints of browsers (RFC 8030): their normal
// form, the push service that each belongs to, and which push services are allowed.
package endpoints

import (
	"net/url"
	"strings"
)

// Normalize returns an endpoint as it is stored and sent to: scheme and host in lower
// case, without the scheme's own port, and with "/" for no path
// (RFC 3986 §6.2.2.1, RFC 9110 §4.2.3). The rest stays as the browser gave it:
// to the push service it is a token.
func Normalize(endpoint string) string {
	scheme, service, rest := split(endpoint)
	if !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	return scheme + "://" + service + rest
}

// PushService returns the name of an endpoint's push service in circuits, counts and
// reports: its host in lower case, with the port if it is not the scheme's own. For an
// endpoint in its normal form it does not allocate. The column push_service has the same
// value.
func PushService(endpoint string) string {
	_, service, _ := split(endpoint)
	return service
}

// Origin returns the scheme and host of an endpoint in their normal form.
func Origin(endpoint string) *url.URL {
	scheme, service, _ := split(endpoint)
	return &url.URL{Scheme: scheme, Host: service}
}

// split returns an endpoint's scheme, push service, and everything after them.
func split(endpoint string) (scheme, service, rest string) {
	scheme, after, _ := strings.Cut(endpoint, "://")
	end := strings.IndexAny(after, "/?#")
	if end < 0 {
		end = len(after)
	}
	scheme = strings.ToLower(scheme)
	host := after[:end]
	host = host[strings.LastIndexByte(host, '@')+1:] // of a user, which no endpoint may have
	return scheme, withoutOwnPort(scheme, strings.ToLower(host)), after[end:]
}

func withoutOwnPort(scheme, host string) string {
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}
