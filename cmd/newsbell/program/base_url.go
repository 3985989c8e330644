package program

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// errBaseURL says what a base URL looks like.
var errBaseURL = errors.New("must be an address such as https://push.example.org or https://news.example/alerts")

// baseURL reads a base URL, or makes the one of the listening port.
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

// basePath is a path that means the same in every spelling: nothing is escaped,
// and no part is empty or a dot.
var basePath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$`)

// normalBaseURL is a base URL as browsers write it, which is how service workers
// and other sites compare it, without a slash at the end. What browsers would
// read as another address than it looks is an error.
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

// normalHost is a host in lower case and ASCII. A number is an address only as
// it is usually written: browsers read 127.1 and 0x7f000001 as addresses too.
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

// normalPort is empty for the scheme's own.
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
