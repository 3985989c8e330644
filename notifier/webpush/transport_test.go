package webpush

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"newsbell/models/endpoints"
	"newsbell/models/modelstest"
)

func TestDialGuardAllowsOnlyPublicAddresses(t *testing.T) {
	guard := dialGuard(modelstest.PushHosts(t, "http://127.0.0.1:8030", "https://up.example.org:8443"))
	for address, allowed := range map[string]bool{
		"142.250.185.74:443":             true,
		"142.250.185.74:8443":            true,
		"[2a00:1450:4001:82a::200a]:443": true,
		"127.0.0.1:8030":                 true,
		"142.250.185.74:80":              false,
		"142.250.185.74:8030":            false,
		"127.0.0.1:443":                  false,
		"127.0.0.1:8443":                 false,
		"127.0.0.2:8030":                 false,
		"0.0.0.0:443":                    false,
		"10.0.0.1:443":                   false,
		"172.16.0.1:443":                 false,
		"192.168.1.1:443":                false,
		"169.254.169.254:443":            false, // cloud metadata
		"100.64.0.1:443":                 false, // CGNAT
		"198.18.0.1:443":                 false,
		"224.0.0.1:443":                  false,
		"255.255.255.255:443":            false,
		"[::1]:443":                      false,
		"[::]:443":                       false,
		"[fe80::1%eth0]:443":             false,
		"[fd00::1]:443":                  false,
		"[ff02::1]:443":                  false,
		"[::ffff:10.0.0.1]:443":          false, // IPv4-mapped
		"[::ffff:142.250.185.74]:443":    false,
		"[64:ff9b::a00:1]:443":           false, // NAT64
		"[64:ff9b:1::a00:1]:443":         false,
		"[2002:a00:1::1]:443":            false, // 6to4
		"[2001:0:a00:1::1]:443":          false, // Teredo
		"[2001:db8::1]:443":              false,
		"fcm.googleapis.com:443":         false, // not resolved
	} {
		network := "tcp4"
		if strings.HasPrefix(address, "[") {
			network = "tcp6"
		}
		if err := guard(network, address, nil); (err == nil) != allowed {
			t.Errorf("%s: error = %v", address, err)
		}
	}
	if guard("udp4", "142.250.185.74:443", nil) == nil {
		t.Error("UDP is allowed")
	}
}

func TestClientBlocksHostsThatAreNotAllowed(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	t.Cleanup(server.Close)
	client := NewClient(ClientOptions{Hosts: modelstest.PushHosts(t)})

	_, err := client.Post(server.URL+"/push/1", "", strings.NewReader("x"))
	if err == nil || requests.Load() != 0 {
		t.Errorf("%d requests, error = %v", requests.Load(), err)
	}
	if _, err = client.Post("https://evil.example/push/1", "", nil); !errors.Is(err, endpoints.ErrNotAllowed) {
		t.Errorf("error = %v", err)
	}
}

func TestClientBlocksAnAllowedNameThatPointsToThisMachine(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	port := server.URL[strings.LastIndexByte(server.URL, ':'):]
	// An allowed name that points to this machine.
	transport := NewClient(ClientOptions{Hosts: modelstest.PushHosts(t, "https://up.example.org"+port)}).Transport.(*pushTransport)

	_, err := transport.next.DialContext(t.Context(), "tcp", "localhost"+port)
	if err == nil || !strings.Contains(err.Error(), "prohibited") {
		t.Errorf("error = %v", err)
	}
}

func TestClientIgnoresProxiesOfTheEnvironment(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	if NewClient(ClientOptions{}).Transport.(*pushTransport).next.Proxy != nil {
		t.Error("the client has a proxy")
	}
}

func TestClientKeepsItsConnectionOverHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Proto+" "+r.RemoteAddr)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	client := NewClient(ClientOptions{
		Hosts:   modelstest.PushHosts(t, server.URL),
		RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
	})
	t.Cleanup(client.CloseIdleConnections)

	var answers [2]string
	for i := range answers {
		response, err := client.Post(server.URL+"/push/1", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		answers[i] = string(body)
	}
	if !strings.HasPrefix(answers[0], "HTTP/2.0 ") || answers[0] != answers[1] {
		t.Errorf("answers = %q; want the same connection over HTTP/2.0", answers)
	}
}

func TestClientTimesOutOnASilentServer(t *testing.T) {
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(done) })
	for name, options := range map[string]ClientOptions{
		"header": {HeaderTimeout: 50 * time.Millisecond},
		"total":  {Timeout: 50 * time.Millisecond},
	} {
		options.Hosts = modelstest.PushHosts(t, server.URL)
		_, err := NewClient(options).Post(server.URL+"/push/1", "", nil)
		if got := judgeError(err); got != (Answer{Verdict: RetryLater, Reason: "timed out"}) {
			t.Errorf("%s: answer = %+v of %v", name, got, err)
		}
	}
}
