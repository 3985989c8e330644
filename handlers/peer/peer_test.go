package peer_test

import (
	"net/http"
	"testing"

	"newsbell/handlers/peer"
)

func TestTrustedProxiesNameTheClient(t *testing.T) {
	proxies, err := peer.ParseProxies("127.0.0.1", "::1", "10.0.0.0/8", "2001:db8:ffff::/48")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		connection string
		forwarded  []string
		want       string
	}{
		{"203.0.113.9:4711", nil, "203.0.113.9"},
		{"203.0.113.9:4711", []string{"198.51.100.7"}, "203.0.113.9"},
		{"127.0.0.1:4711", nil, "127.0.0.1"},
		{"127.0.0.1:4711", []string{"198.51.100.7"}, "198.51.100.7"},
		{"[::1]:4711", []string{"198.51.100.7"}, "198.51.100.7"},
		{"[::ffff:127.0.0.1]:4711", []string{"198.51.100.7"}, "198.51.100.7"},
		{"127.0.0.1:4711", []string{"203.0.113.20:51234"}, "203.0.113.20"},
		{"127.0.0.1:4711", []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		{"127.0.0.1:4711", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"127.0.0.1:4711", []string{"2001:db8::1"}, "2001:db8::1"},
		{"127.0.0.1:4711", []string{"::ffff:203.0.113.20"}, "203.0.113.20"},
		{"127.0.0.1:4711", []string{"192.0.2.1, 203.0.113.20:1,10.1.2.3:443"}, "203.0.113.20"},
		{"127.0.0.1:4711", []string{"192.0.2.1", "203.0.113.20"}, "203.0.113.20"},
		{"127.0.0.1:4711", []string{"10.9.9.9, 10.1.2.3"}, "10.9.9.9"},
		{"127.0.0.1:4711", []string{"198.51.100.7, unknown"}, "127.0.0.1"},
		{"127.0.0.1:4711", []string{"198.51.100.7, unknown, 10.1.2.3"}, "10.1.2.3"},
		{"127.0.0.1:4711", []string{"198.51.100.7,"}, "127.0.0.1"},
	} {
		r := &http.Request{RemoteAddr: c.connection, Header: http.Header{
			"X-Forwarded-For": c.forwarded, "X-Real-Ip": {"192.0.2.99"}, "Forwarded": {"for=192.0.2.99"},
		}}
		if got := proxies.Client(r).String(); got != c.want {
			t.Errorf("%s, X-Forwarded-For %q: %s; want %s", c.connection, c.forwarded, got, c.want)
		}
	}
}

func TestAHouseholdCountsAsOneAddress(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.20": "203.0.113.20/32", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "::ffff:203.0.113.20": "203.0.113.20/32",
	} {
		if got := peer.Network(peer.Of(address)).String(); got != want {
			t.Errorf("%s counts as %s; want %s", address, got, want)
		}
	}
}

func TestProxiesAreAddressesAndNetworks(t *testing.T) {
	for _, text := range []string{"", "the proxy", "10.0.0.0/33", "10.0.0.1:80", "10.0.0.1 "} {
		if _, err := peer.ParseProxies(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
