package models

import (
	"crypto/sha256"
	"net/url"
	"regexp"
	"strings"
)

// NormalEndpoint is an endpoint as it is stored and sent: scheme and host in
// lower case, without the scheme's own port, and with "/" for no path
// (RFC 3986 §6.2.2.1, RFC 9110 §4.2.3). The rest stays as the browser gave it:
// to the push service it is a token.
func NormalEndpoint(endpoint string) string {
	scheme, service, rest := cutEndpoint(endpoint)
	if !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	return scheme + "://" + service + rest
}

// PushService names the push service of an endpoint, in circuits, counts and
// reports: its host in lower case, with the port if it is not the scheme's own.
// Of an endpoint in its normal form it allocates nothing. The column
// push_service holds the same.
func PushService(endpoint string) string {
	_, service, _ := cutEndpoint(endpoint)
	return service
}

// cutEndpoint cuts an endpoint into scheme, push service and the rest.
func cutEndpoint(endpoint string) (scheme, service, rest string) {
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

// hashEndpoint is equal for all spellings of an endpoint: no browser has two
// subscriptions.
func hashEndpoint(endpoint string) []byte {
	sum := sha256.Sum256([]byte(pushResource(endpoint)))
	return sum[:]
}

// pushResource is one spelling for all of an endpoint that a push service may
// take for the same one, also those that RFC 3986 tells apart: a slash or a dot
// too many, an escape that need not be, a query where the path holds the token.
// It is compared and never sent. The endpoints of browsers are spelled so
// already, so that older programs make the same hash of them.
func pushResource(endpoint string) string {
	scheme, service, rest := cutEndpoint(endpoint)
	path, query, _ := strings.Cut(rest, "?")
	base := scheme + "://" + service
	switch {
	case hasTokenInPath(service):
		return base + plainPath(path)
	case strings.HasSuffix(service, windowsPush):
		return base + strings.TrimSuffix(plainPath(path), "/") + "/" + windowsToken(query)
	}
	plain := plainPath(path)
	if query = plainQuery(query); query != "" && strings.HasSuffix(path, "/") && plain != "/" {
		plain += "/"
	}
	return base + plain + query
}

// plainPath has no empty and no dot segments (RFC 3986 §5.2.4), no dots or
// slashes at the end, and only the escapes that it needs.
func plainPath(path string) string {
	var kept []string
	for segment := range strings.SplitSeq(path, "/") {
		if plain, err := url.PathUnescape(segment); err == nil {
			segment = plain
		}
		if segment == ".." {
			kept = kept[:max(0, len(kept)-1)]
		} else if segment = strings.TrimRight(segment, "."); segment != "" {
			kept = append(kept, lowerEscapes(url.PathEscape(segment)))
		}
	}
	return "/" + strings.Join(kept, "/")
}

// plainQuery has no empty parameters, and only the escapes that it needs.
func plainQuery(query string) string {
	var kept []string
	for parameter := range strings.SplitSeq(query, "&") {
		if parameter == "" {
			continue
		}
		name, value, hasValue := strings.Cut(parameter, "=")
		parameter = plainText(name)
		if hasValue {
			parameter += "=" + plainText(value)
		}
		kept = append(kept, parameter)
	}
	if len(kept) == 0 {
		return ""
	}
	return "?" + strings.Join(kept, "&")
}

// windowsToken is the only parameter that WNS needs.
func windowsToken(query string) string {
	for parameter := range strings.SplitSeq(query, "&") {
		switch value, ok := strings.CutPrefix(parameter, "token="); {
		case ok && value == "":
			return ""
		case ok:
			return "?token=" + plainText(value)
		}
	}
	return plainQuery(query)
}

func plainText(escaped string) string {
	if text, err := url.QueryUnescape(escaped); err == nil {
		escaped = url.QueryEscape(text)
	}
	return lowerEscapes(escaped)
}

var escapes = regexp.MustCompile("%[0-9A-Fa-f]{2}")

// lowerEscapes writes escapes as WNS does.
func lowerEscapes(text string) string { return escapes.ReplaceAllStringFunc(text, strings.ToLower) }
