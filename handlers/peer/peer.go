// Package peer determines the address that a request comes from. It reads
// X-Forwarded-For, only from trusted proxies, and no other header.
package peer

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks of proxies whose X-Forwarded-For is trusted.
type Proxies []netip.Prefix

// ParseProxies parses addresses, and networks in CIDR notation.
func ParseProxies(all ...string) (Proxies, error) {
	var proxies Proxies
	for _, text := range all {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			var address netip.Addr
			if address, err = netip.ParseAddr(text); err == nil {
				address = plain(address)
				network = netip.PrefixFrom(address, address.BitLen())
			}
		}
		if err != nil {
			return nil, fmt.Errorf("must be an address or a network such as 10.0.0.0/8, not %q", text)
		}
		proxies = append(proxies, network)
	}
	return proxies, nil
}

// Trust reports whether an address is a trusted proxy's.
func (p Proxies) Trust(address netip.Addr) bool {
	for _, network := range p {
		if network.Contains(address) {
			return true
		}
	}
	return false
}

// Client returns the address that a request comes from: the connection's or, behind
// trusted proxies, the last one in X-Forwarded-For that is not a trusted proxy. If there
// is none, it returns the proxy's own.
func (p Proxies) Client(r *http.Request) netip.Addr {
	client := Of(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.Trust(client); i-- {
		hop := Of(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			break
		}
		client = hop
	}
	return client
}

// Of parses an address with or without a port, as connections and proxies write it. The
// result is not valid if there is none.
func Of(text string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return plain(withPort.Addr())
	}
	if bare, isBracketed := strings.CutPrefix(text, "["); isBracketed {
		text, _ = strings.CutSuffix(bare, "]")
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return plain(address)
}

// Network returns the network that counts as one client: an IPv4 address, or the /64 of
// an IPv6 address, which one household has.
func Network(address netip.Addr) netip.Prefix {
	if address.Is6() {
		return netip.PrefixFrom(address, 64).Masked()
	}
	return netip.PrefixFrom(address, address.BitLen())
}

func plain(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }
