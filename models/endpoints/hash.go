package endpoints

import (
	"crypto/sha256"
	"net/url"
	"regexp"
	"strings"
)

// Hash returns the same SHA-256 for all spellings of an endpoint, so that no browser
// has two subscriptions.
func Hash(endpoint string) []byte {
	sum := sha256.Sum256([]byte(resource(endpoint)))
	return sum[:]
}

// resource returns one spelling for all that a push service may take for the same
// endpoint, even where RFC 3986 tells them apart: an extra slash or dot, a needless
// escape, a query where the path holds the token. It is compared and never sent. The
// endpoints of browsers are spelled like that already, so that older programs make the
// same hash of them.
func resource(endpoint string) string {
	scheme, service, rest := split(endpoint)
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
