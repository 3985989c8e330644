package endpoints

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// MaxLength is the longest endpoint that is accepted, in bytes.
const MaxLength = 2048

// browsersPush are the push services of browsers.
var browsersPush = map[string]bool{
	"fcm.googleapis.com":                true, // Chrome and most others
	"jmt17.google.com":                  true, // Chromium built without Google's keys
	"updates.push.services.mozilla.com": true,
}

const (
	applePush   = ".push.apple.com"
	windowsPush = ".notify.windows.com"
)

// hasTokenInPath reports whether a push service puts nothing in the query.
func hasTokenInPath(service string) bool {
	return browsersPush[service] || strings.HasSuffix(service, applePush)
}

// ErrNotAllowed says that an endpoint belongs to no allowed push service.
var ErrNotAllowed = errors.New("not an allowed push service")

// Allowlist lists the push services that the notifier may send to. An endpoint comes
// from a stranger, so everything else is refused: it could name any address in the
// notifier's own network. The zero value allows nothing.
type Allowlist struct {
	names    map[string]bool         // exact: "fcm.googleapis.com"
	suffixes []string                // with their dot: ".push.apple.com"
	origins  map[string]bool         // named with their port: "http://127.0.0.1:8030"
	ports    []uint16                // of the https services
	loopback map[netip.AddrPort]bool // dialled although not public
}

// NewAllowlist allows the push services of Chrome, Firefox, Safari and Edge,
// and each extra one, written as
//
//   - "push.example.org": a host, by https on port 443;
//   - "*.push.example.org": every host below it;
//   - "https://push.example.org:8443": an origin with a port of its own;
//   - "http://127.0.0.1:8030", "https://[::1]:8030", "http://localhost:8030":
//     an origin on this machine. No other address may be named, and plain
//     http goes nowhere else.
func NewAllowlist(extra ...string) (Allowlist, error) {
	l := Allowlist{
		names:    maps.Clone(browsersPush),
		suffixes: []string{applePush, windowsPush},
		origins:  map[string]bool{},
		ports:    []uint16{443},
		loopback: map[netip.AddrPort]bool{},
	}
	for _, e := range extra {
		if err := l.allow(strings.ToLower(strings.TrimSpace(e))); err != nil {
			return Allowlist{}, fmt.Errorf("push host %q: %w", e, err)
		}
	}
	return l, nil
}

// Check returns an error that says why an endpoint is refused, or nil. The error never
// holds the endpoint's path, which is a secret.
func (l Allowlist) Check(endpoint string) error {
	if len(endpoint) > MaxLength {
		return fmt.Errorf("endpoint is longer than %d bytes", MaxLength)
	}
	if strings.ContainsFunc(endpoint, isUnsafe) {
		return errors.New("endpoint has characters that do not belong in a URL")
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Opaque != "" || u.Host == "" {
		return errors.New("endpoint is not an absolute URL")
	}
	if strings.Contains(endpoint, "#") {
		return errors.New("endpoint has a fragment")
	}
	if strings.HasSuffix(resource(endpoint), "://"+PushService(endpoint)+"/") {
		return errors.New("endpoint has no path")
	}
	return l.CheckURL(u)
}

// CheckURL checks only where a request would go: scheme, host and port. The
// error is [ErrNotAllowed] for a host that is not on the list.
func (l Allowlist) CheckURL(u *url.URL) error {
	if u.User != nil {
		return errors.New("endpoint has user information")
	}
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if l.origins[scheme+"://"+withoutOwnPort(scheme, host)] {
		return nil
	}
	if scheme != "https" {
		return errors.New("endpoint is not https")
	}
	name, port, hasPort := strings.Cut(host, ":")
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return fmt.Errorf("endpoint is an IP address: %w", ErrNotAllowed)
	}
	if hasPort && port != "443" {
		return errors.New("endpoint has a port other than 443")
	}
	if !l.hasName(name) {
		return fmt.Errorf("endpoint's host is %w", ErrNotAllowed)
	}
	return nil
}

// AllowsLoopback reports whether an address of this machine was named.
func (l Allowlist) AllowsLoopback(addr netip.AddrPort) bool { return l.loopback[addr] }

// Ports returns the ports that may be dialled at public addresses.
func (l Allowlist) Ports() []uint16 { return slices.Clone(l.ports) }

func (l *Allowlist) allow(extra string) error {
	if strings.Contains(extra, "://") {
		return l.allowOrigin(extra)
	}
	suffix, wild := strings.CutPrefix(extra, "*")
	if !isDomain(strings.TrimPrefix(suffix, ".")) || wild && suffix[0] != '.' || !wild && suffix[0] == '.' {
		return errors.New("must be a domain name, *.domain or an origin with its port")
	}
	if wild {
		l.suffixes = append(l.suffixes, suffix)
	} else {
		l.names[extra] = true
	}
	return nil
}

func (l *Allowlist) allowOrigin(extra string) error {
	u, err := url.Parse(extra)
	if err != nil || u.Scheme+"://"+u.Host != extra {
		return errors.New("must be a scheme, a host and a port, and nothing more")
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return errors.New("needs a port")
	}
	addrs := loopbackAddrs(u.Hostname())
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("must be https, or http on this machine")
	case len(addrs) == 0 && !isDomain(u.Hostname()):
		return errors.New("must name a domain or this machine")
	case len(addrs) == 0 && u.Scheme == "http":
		return errors.New("must be https: it is not on this machine")
	case len(addrs) == 0:
		l.ports = append(l.ports, uint16(port))
	}
	for _, addr := range addrs {
		l.loopback[netip.AddrPortFrom(addr, uint16(port))] = true
	}
	l.origins[u.Scheme+"://"+PushService(extra)] = true
	return nil
}

// Wildcard returns the rule, such as "*.push.apple.com", that allows a host without
// naming it; a stranger may have invented that name.
func (l Allowlist) Wildcard(host string) (rule string, ok bool) {
	if l.names[host] {
		return "", false
	}
	for _, suffix := range l.suffixes {
		if strings.HasSuffix(host, suffix) {
			return "*" + suffix, true
		}
	}
	return "", false
}

func (l Allowlist) hasName(name string) bool {
	return l.names[name] || isDomain(name) && slices.ContainsFunc(l.suffixes, func(suffix string) bool {
		return strings.HasSuffix(name, suffix)
	})
}
