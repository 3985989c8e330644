package program

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// errBaseURL is the error for an invalid base URL.
var errBaseURL = errors.New("must be an address such as https://push.example.org or https://news.example/alerts")

// baseURL parses a base URL. If value is empty, it returns the one of the listening port.
func (p *Problems) baseURL(value, listen string) string {
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		p.Add("listen", "must be an address and a port, such as 127.0.0.1:8080, not %q", listen)
	}
	if value == "" {
		return "http://localhost:" + port
	}
	normal, err := normalBaseURL(value)
	if err != nil {
		p.Add("base-url", "%s, not %q", err, value)
	}
	return normal
}

// ParseBaseURL parses a base URL into the form that browsers use.
func ParseBaseURL(value string) (string, error) {
	base, err := normalBaseURL(value)
	if err != nil {
		return "", fmt.Errorf("--base-url: %w, not %q", err, value)
	}
	return base, nil
}

// basePath matches a path that has only one spelling: nothing is escaped, and no segment
// is empty or starts with a dot.
var basePath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$`)

// normalBaseURL returns a base URL in the form that browsers use, because service workers
// and other sites compare it, without a trailing slash. A URL that browsers would
// interpret as a different address is an error.
func normalBaseURL(value string) (string, error) {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return "", errBaseURL
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	if strings.ContainsAny(value, "?#") || !basePath.MatchString(path) {
		return "", errBaseURL
	}
	host, err := normalHost(u.Hostname())
	if err != nil {
		return "", err
	}
	port, err := normalPort(u)
	return u.Scheme + "://" + host + port + path, err
}

// normalHost returns a host in lower case and ASCII. An IP address must be in its usual
// form, because browsers also accept 127.1 and 0x7f000001.
func normalHost(host string) (string, error) {
	if address, err := netip.ParseAddr(host); err == nil && address.Zone() == "" {
		if address.Is6() {
			return "[" + address.String() + "]", nil
		}
		return address.String(), nil
	}
	ascii, err := idna.Lookup.ToASCII(host)
	last := ascii[strings.LastIndexByte(ascii, '.')+1:]
	if err != nil || last == "" || last[0] >= '0' && last[0] <= '9' {
		return "", errBaseURL
	}
	return ascii, nil
}

// normalPort returns the port; empty if it is the scheme's default.
func normalPort(u *url.URL) (string, error) {
	if u.Port() == "" {
		return "", nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return "", errBaseURL
	}
	if u.Scheme == "https" && port == 443 || u.Scheme == "http" && port == 80 {
		return "", nil
	}
	return ":" + strconv.FormatUint(port, 10), nil
}
