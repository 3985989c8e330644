package webpush

import (
	"errors"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// CheckSubject returns an error if push services would not accept a VAPID subject. Its rules
// are Apple's, which are the strictest.
func CheckSubject(subject string) error {
	u, err := url.Parse(subject)
	if err != nil {
		return errors.New("is not a URL")
	}
	host := u.Hostname()
	switch u.Scheme {
	case "https":
	case "mailto":
		address, err := mail.ParseAddress(u.Opaque)
		if err != nil || address.Address != u.Opaque {
			return errors.New("is not one e-mail address")
		}
		host = u.Opaque[strings.LastIndexByte(u.Opaque, '@')+1:]
	default:
		return errors.New(`must begin with "https:" or "mailto:"`)
	}
	if !isPublicDomain(strings.ToLower(host)) {
		return errors.New("must have a public domain")
	}
	return nil
}

// isPublicDomain returns false for names that are only known in a local network.
func isPublicDomain(host string) bool {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return false
	}
	dot := strings.LastIndexByte(host, '.')
	return dot > 0 && dot < len(host)-1 &&
		!slices.Contains([]string{"localhost", "local", "invalid", "test", "internal"}, host[dot+1:])
}
