package endpoints_test

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"newsbell/models/endpoints"
)

func TestAllowlistTakesTheEndpointsOfBrowsers(t *testing.T) {
	hosts := newAllowlist(t)
	for _, endpoint := range []string{
		"https://fcm.googleapis.com/fcm/send/dXzY0:APA91bG-x_y",
		"https://jmt17.google.com/fcm/send/abc",
		"https://updates.push.services.mozilla.com/wpush/v2/gAAAAABh",
		"https://web.push.apple.com/QGuQyavXutnMHt6",
		"https://a.b.push.apple.com/x",
		"https://wns2-par02p.notify.windows.com/w/?token=BQYAAA%2b%2f",
		"https://db3.notify.windows.com/?token=BQYAAA%2b%2f",
		"https://db3.notify.windows.com?token=BQYAAA%2b%2f",
		"https://fcm.googleapis.com:443/fcm/send/abc",
		"HTTPS://FCM.GoogleApis.com/fcm/send/abc",
		"https://fcm.googleapis.com/" + strings.Repeat("x", endpoints.MaxLength-len("https://fcm.googleapis.com/")),
	} {
		if err := hosts.Check(endpoint); err != nil {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

func TestAllowlistRefusesEverythingElse(t *testing.T) {
	hosts := newAllowlist(t)
	for name, endpoint := range map[string]string{
		"nothing":                        "",
		"plain http":                     "http://fcm.googleapis.com/fcm/send/a",
		"another scheme":                 "file:///etc/passwd",
		"no scheme":                      "//fcm.googleapis.com/fcm/send/a",
		"a path only":                    "/fcm/send/a",
		"an opaque URL":                  "https:fcm.googleapis.com/fcm/send/a",
		"no host":                        "https:///fcm/send/a",
		"no path":                        "https://fcm.googleapis.com",
		"an empty path":                  "https://fcm.googleapis.com/",
		"a path of nothing but slashes":  "https://fcm.googleapis.com//./",
		"a query where the path counts":  "https://fcm.googleapis.com/?token=a",
		"no token":                       "https://db3.notify.windows.com/?token=",
		"another port":                   "https://fcm.googleapis.com:8443/fcm/send/a",
		"port 80":                        "https://fcm.googleapis.com:80/fcm/send/a",
		"an empty port":                  "https://fcm.googleapis.com:/fcm/send/a",
		"a port with zeros":              "https://fcm.googleapis.com:0443/fcm/send/a",
		"a port too large":               "https://fcm.googleapis.com:65979/fcm/send/a",
		"user information":               "https://user@fcm.googleapis.com/fcm/send/a",
		"empty user information":         "https://@fcm.googleapis.com/fcm/send/a",
		"a host as user":                 "https://fcm.googleapis.com@evil.example/fcm/send/a",
		"a host and port as user":        "https://fcm.googleapis.com:443@evil.example/fcm/send/a",
		"an encoded at sign":             "https://fcm.googleapis.com%40evil.example/fcm/send/a",
		"a fragment":                     "https://fcm.googleapis.com/fcm/send/a#x",
		"an empty fragment":              "https://fcm.googleapis.com/fcm/send/a#",
		"a fragment before the at sign":  "https://evil.example#@fcm.googleapis.com/a",
		"a query before the at sign":     "https://evil.example?@fcm.googleapis.com/a",
		"an unknown host":                "https://push.evil.example/fcm/send/a",
		"a known host in the path":       "https://169.254.169.254/x.google.com/",
		"a known host in the query":      "https://evil.example/?x=fcm.googleapis.com",
		"a known host as a prefix":       "https://fcm.googleapis.com.evil.example/a",
		"a known host as a suffix":       "https://evilfcm.googleapis.com/a",
		"below an exact host":            "https://evil.fcm.googleapis.com/a",
		"a suffix without its dot":       "https://evilpush.apple.com/a",
		"the suffix itself":              "https://push.apple.com/a",
		"the suffix with a dot":          "https://.push.apple.com/a",
		"an empty label":                 "https://a..push.apple.com/a",
		"a label that begins with -":     "https://-a.push.apple.com/a",
		"an underscore":                  "https://a_b.push.apple.com/a",
		"a label too long":               "https://" + strings.Repeat("a", 64) + ".push.apple.com/a",
		"the legacy host":                "https://android.googleapis.com/gcm/send/a",
		"a trailing dot":                 "https://fcm.googleapis.com./fcm/send/a",
		"a trailing dot after a suffix":  "https://web.push.apple.com./a",
		"localhost":                      "https://localhost/a",
		"an IPv4 address":                "https://127.0.0.1/a",
		"an IPv6 address":                "https://[::1]/a",
		"an IPv4-mapped address":         "https://[::ffff:127.0.0.1]/a",
		"an address with a zone":         "https://[fe80::1%25eth0]/a",
		"an address in decimal":          "https://2130706433/a",
		"an address in hexadecimal":      "https://0x7f.1/a",
		"a backslash before the host":    `https:\\fcm.googleapis.com/a`,
		"a backslash behind the host":    `https://fcm.googleapis.com\@evil.example/a`,
		"a backslash in the path":        `https://fcm.googleapis.com/a\b`,
		"a space before":                 " https://fcm.googleapis.com/a",
		"a line break":                   "https://fcm.googleapis.com/a\nHost: evil.example",
		"a tab in the host":              "https://fcm.goo\tgleapis.com/a",
		"a zero byte":                    "https://fcm.googleapis.com\x00.evil.example/a",
		"an encoded zero byte":           "https://fcm.googleapis.com%00.evil.example/a",
		"an encoded dot":                 "https://fcm%2egoogleapis.com/a",
		"an encoded letter":              "https://%66cm.googleapis.com/a",
		"a Cyrillic letter":              "https://fcm.googleаpis.com/a",
		"a wide full stop":               "https://fcm。googleapis.com/a",
		"a wide letter below a suffix":   "https://ａ.push.apple.com/a",
		"unicode in the path":            "https://fcm.googleapis.com/é",
		"invalid UTF-8":                  "https://fcm.googleapis.com/\xff",
		"a bad escape":                   "https://fcm.googleapis.com/%zz",
		"more than 2048 bytes":           "https://fcm.googleapis.com/" + strings.Repeat("x", endpoints.MaxLength),
		"an origin that was not allowed": "http://127.0.0.1:8030/push/a",
	} {
		err := hosts.Check(endpoint)
		if err == nil {
			t.Errorf("%s: %q is accepted", name, endpoint)
		} else if strings.Contains(err.Error(), "fcm/send") {
			t.Errorf("%s: the error tells the endpoint: %v", name, err)
		}
	}
}

func TestAllowlistTellsAnUnknownServiceFromABadURL(t *testing.T) {
	hosts := newAllowlist(t)
	for endpoint, unknown := range map[string]bool{
		"https://push.evil.example/a":     true,
		"https://127.0.0.1/a":             true,
		"http://fcm.googleapis.com/a":     false,
		"https://fcm.googleapis.com:80/a": false,
	} {
		if err := hosts.Check(endpoint); errors.Is(err, endpoints.ErrNotAllowed) != unknown {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

func TestAllowlistTakesWhatTheOperatorAdds(t *testing.T) {
	hosts := newAllowlist(t, "push.example.org", "*.Push.Example.net", "https://up.example.org:8443",
		"http://127.0.0.1:8030", "https://[::1]:8031", "http://localhost:8032")
	for endpoint, good := range map[string]bool{
		"https://push.example.org/a":          true,
		"https://x.push.example.net/a":        true,
		"https://up.example.org:8443/a":       true,
		"http://127.0.0.1:8030/push/a":        true,
		"https://[::1]:8031/push/a":           true,
		"http://localhost:8032/push/a":        true,
		"https://fcm.googleapis.com/a":        true,
		"https://x.push.example.org/a":        false,
		"https://push.example.net/a":          false,
		"https://up.example.org/a":            false,
		"http://up.example.org:8443/a":        false,
		"https://push.example.org:8443/a":     false,
		"https://127.0.0.1:8030/push/a":       false,
		"http://127.0.0.1:8031/push/a":        false,
		"http://127.0.0.1/push/a":             false,
		"http://[::1]:8031/push/a":            false,
		"http://127.0.0.2:8030/push/a":        false,
		"http://user@127.0.0.1:8030/push/a":   false,
		"http://127.0.0.1:8030/push/a#x":      false,
		"http://127.0.0.1:8030@evil.example/": false,
	} {
		if err := hosts.Check(endpoint); (err == nil) != good {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
	if got, want := hosts.Ports(), []uint16{443, 8443}; !slices.Equal(got, want) {
		t.Errorf("ports = %v, want %v", got, want)
	}
}

func TestAllowlistHasOnlyNamedAddressesOfThisMachine(t *testing.T) {
	hosts := newAllowlist(t, "http://127.0.0.1:8030", "https://localhost:8031", "https://up.example.org:8443")
	for addr, want := range map[string]bool{
		"127.0.0.1:8030":          true,
		"127.0.0.1:8031":          true,
		"[::1]:8031":              true,
		"[::1]:8030":              false,
		"127.0.0.1:8443":          false,
		"127.0.0.1:443":           false,
		"127.0.0.2:8030":          false,
		"10.0.0.1:8030":           false,
		"[::ffff:127.0.0.1]:8030": false,
	} {
		if got := hosts.AllowsLoopback(netip.MustParseAddrPort(addr)); got != want {
			t.Errorf("%s = %v, want %v", addr, got, want)
		}
	}
}

func TestNewAllowlistRefusesWideOrBrokenExtras(t *testing.T) {
	for _, extra := range []string{
		"", "*", "*.", "*.com", "com", "localhost", "*.localhost", ".push.example.org", "*push.example.org",
		"push.*.example.org", "push.example.org.", "push.example.org/", "push.example.org:8443", "push example.org",
		"127.0.0.1", "10.0.0.1", "::1", "[::1]", "pûsh.example.org",
		"https://push.example.org", "https://push.example.org:8443/", "https://push.example.org:0",
		"https://push.example.org:99999", "https://user@push.example.org:8443", "http://push.example.org:8080",
		"ftp://127.0.0.1:21", "http://127.0.0.1", "http://10.0.0.1:8030", "https://10.0.0.1:8443",
		"http://169.254.169.254:80", "http://[::ffff:127.0.0.1]:80", "http://0.0.0.0:80", "http://2130706433:80",
		"http://127.0.0.1:8030?x", "http://127.0.0.1:8030#x", "https://*.push.example.org:8443",
	} {
		if _, err := endpoints.NewAllowlist(extra); err == nil {
			t.Errorf("%q is accepted", extra)
		}
	}
}

func TestTheZeroAllowlistAllowsNothing(t *testing.T) {
	if err := (endpoints.Allowlist{}).Check("https://fcm.googleapis.com/fcm/send/a"); !errors.Is(err, endpoints.ErrNotAllowed) {
		t.Errorf("error = %v", err)
	}
}

// What is accepted must go to a host on the list, however the URL is read.
func FuzzAllowlist(f *testing.F) {
	hosts, err := endpoints.NewAllowlist("http://127.0.0.1:8030")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"https://fcm.googleapis.com/fcm/send/a", "https://web.push.apple.com:443/a", "http://127.0.0.1:8030/push/a",
		"https://169.254.169.254/x.google.com/", "https://fcm.googleapis.com@evil.example/a",
		`https://fcm.googleapis.com\@evil.example/a`, "https://a.notify.windows.com?x#y",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, endpoint string) {
		if hosts.Check(endpoint) != nil {
			return
		}
		u, err := url.Parse(endpoint)
		if err != nil || u.User != nil || u.Fragment != "" || len(endpoint) > endpoints.MaxLength {
			t.Fatalf("accepted %q", endpoint)
		}
		// The plainest reading: what stands between // and the next /, ? or #.
		_, rest, _ := strings.Cut(endpoint, "://")
		authority := rest[:strings.IndexAny(rest+"/", "/?#")]
		if !strings.EqualFold(authority, u.Host) {
			t.Fatalf("accepted %q, whose host is read as %q and %q", endpoint, authority, u.Host)
		}
		if strings.EqualFold(u.Scheme+"://"+authority, "http://127.0.0.1:8030") {
			return
		}
		host := strings.ToLower(strings.TrimSuffix(authority, ":443"))
		exact := []string{"fcm.googleapis.com", "jmt17.google.com", "updates.push.services.mozilla.com"}
		below := strings.HasSuffix(host, ".push.apple.com") || strings.HasSuffix(host, ".notify.windows.com")
		if u.Scheme != "https" || !slices.Contains(exact, host) && !below || strings.ContainsAny(host, "@:%[]") {
			t.Fatalf("accepted %q", endpoint)
		}
	})
}

func newAllowlist(t *testing.T, extra ...string) endpoints.Allowlist {
	t.Helper()
	hosts, err := endpoints.NewAllowlist(extra...)
	if err != nil {
		t.Fatal(err)
	}
	return hosts
}
