package endpoints

import (
	"net"
	"net/netip"
	"strings"
)

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
