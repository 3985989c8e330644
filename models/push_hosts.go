package models

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// MaxEndpoint is the longest endpoint that is accepted, in bytes.
const MaxEndpoint = 2048

// The push services of browsers.
var browsersPush = map[string]bool{
	"fcm.googleapis.com":                true, // Chrome and most others
	"jmt17.google.com":                  true, // Chromium built without Google's keys
	"updates.push.services.mozilla.com": true,
}

const (
	applePush   = ".push.apple.com"
	windowsPush = ".notify.windows.com"
)

// hasTokenInPath knows the push services that put nothing in the query.
func hasTokenInPath(service string) bool {
	return browsersPush[service] || strings.HasSuffix(service, applePush)
}

// ErrPushHost says that an endpoint belongs to no allowed push service.
var ErrPushHost = errors.New("not an allowed push service")

// PushHosts is the list of push services that may be asked to deliver. An
// endpoint comes from a stranger, so whatever is not on the list is refused:
// else the notifier could be sent to any address inside its own network. The
// zero value allows nothing.
type PushHosts struct {
	names    map[string]bool         // exact: "fcm.googleapis.com"
	suffixes []string                // with their dot: ".push.apple.com"
	origins  map[string]bool         // named with their port: "http://127.0.0.1:8030"
	ports    []uint16                // of the https services
	loopback map[netip.AddrPort]bool // dialled although not public
}

// NewPushHosts allows the push services of Chrome, Firefox, Safari and Edge,
// and each extra one, written as
//
//   - "push.example.org": a host, by https on port 443;
//   - "*.push.example.org": every host below it;
//   - "https://push.example.org:8443": an origin with a port of its own;
//   - "http://127.0.0.1:8030", "https://[::1]:8030", "http://localhost:8030":
//     an origin on this machine. No other address may be named, and plain
//     http goes nowhere else.
func NewPushHosts(extra ...string) (PushHosts, error) {
	h := PushHosts{
		names:    maps.Clone(browsersPush),
		suffixes: []string{applePush, windowsPush},
		origins:  map[string]bool{},
		ports:    []uint16{443},
		loopback: map[netip.AddrPort]bool{},
	}
	for _, e := range extra {
		if err := h.allow(strings.ToLower(strings.TrimSpace(e))); err != nil {
			return PushHosts{}, fmt.Errorf("push host %q: %w", e, err)
		}
	}
	return h, nil
}

// Check says why an endpoint may not be used, or nothing. The error never
// holds the endpoint's path, which is a secret.
func (h PushHosts) Check(endpoint string) error {
	if len(endpoint) > MaxEndpoint {
		return fmt.Errorf("endpoint is longer than %d bytes", MaxEndpoint)
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
	if strings.HasSuffix(pushResource(endpoint), "://"+PushService(endpoint)+"/") {
		return errors.New("endpoint has no path")
	}
	return h.CheckURL(u)
}

// CheckURL checks only where a request would go: scheme, host and port. The
// error is [ErrPushHost] for a host that is not on the list.
func (h PushHosts) CheckURL(u *url.URL) error {
	if u.User != nil {
		return errors.New("endpoint has user information")
	}
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if h.origins[scheme+"://"+withoutOwnPort(scheme, host)] {
		return nil
	}
	if scheme != "https" {
		return errors.New("endpoint is not https")
	}
	name, port, hasPort := strings.Cut(host, ":")
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return fmt.Errorf("endpoint is an IP address: %w", ErrPushHost)
	}
	if hasPort && port != "443" {
		return errors.New("endpoint has a port other than 443")
	}
	if !h.hasName(name) {
		return fmt.Errorf("endpoint's host is %w", ErrPushHost)
	}
	return nil
}

// AllowsLoopback reports whether an address of this machine was named.
func (h PushHosts) AllowsLoopback(addr netip.AddrPort) bool { return h.loopback[addr] }

// Ports are those that may be dialled at public addresses.
func (h PushHosts) Ports() []uint16 { return slices.Clone(h.ports) }

func (h *PushHosts) allow(extra string) error {
	if strings.Contains(extra, "://") {
		return h.allowOrigin(extra)
	}
	suffix, wild := strings.CutPrefix(extra, "*")
	if !isDomain(strings.TrimPrefix(suffix, ".")) || wild && suffix[0] != '.' || !wild && suffix[0] == '.' {
		return errors.New("must be a domain name, *.domain or an origin with its port")
	}
	if wild {
		h.suffixes = append(h.suffixes, suffix)
	} else {
		h.names[extra] = true
	}
	return nil
}

func (h *PushHosts) allowOrigin(extra string) error {
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
		h.ports = append(h.ports, uint16(port))
	}
	for _, addr := range addrs {
		h.loopback[netip.AddrPortFrom(addr, uint16(port))] = true
	}
	h.origins[u.Scheme+"://"+PushService(extra)] = true
	return nil
}

// Wildcard is the rule, such as "*.push.apple.com", that allows an endpoint's
// host without naming it; anybody may have invented that name.
func (h PushHosts) Wildcard(host string) (rule string, ok bool) {
	if h.names[host] {
		return "", false
	}
	for _, suffix := range h.suffixes {
		if strings.HasSuffix(host, suffix) {
			return "*" + suffix, true
		}
	}
	return "", false
}

func (h PushHosts) hasName(name string) bool {
	return h.names[name] || isDomain(name) && slices.ContainsFunc(h.suffixes, func(suffix string) bool {
		return strings.HasSuffix(name, suffix)
	})
}

// loopbackAddrs are the addresses of a host on this machine; none for others.
func loopbackAddrs(host string) []netip.Addr {
	if host == "localhost" {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsLoopback() && !addr.Is4In6() && addr.Zone() == "" {
		return []netip.Addr{addr}
	}
	return nil
}

// isDomain reports whether name is a lower-case domain name of two labels or
// more that is not an IPv4 address in any of its spellings.
func isDomain(name string) bool {
	labels := strings.Split(name, ".")
	if len(name) > 253 || len(labels) < 2 || net.ParseIP(name) != nil {
		return false
	}
	for _, label := range labels {
		if !isLabel(label) {
			return false
		}
	}
	top := labels[len(labels)-1]
	return top[0] < '0' || top[0] > '9'
}

func isLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(label, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
}

// isUnsafe finds what browsers and url.Parse read differently.
func isUnsafe(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }
