package lab

import (
	"bytes"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"newsbell/notifier/pushtest"
)

func newDemo(out *bytes.Buffer) *Demo {
	return &Demo{
		Readers: 120, Listen: "127.0.0.1:0", Duration: time.Minute, Fast: true, Once: true, LogLevel: "error", out: out,
	}
}

func TestTheDemoDeliversEverythingOnceAndItsLinkLeadsIntoTheNewsroom(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	demo := newDemo(&out)
	demo.rehearsed = func(*pushtest.Server, demoReaders) { enterNewsroom(t, out.String()) }
	if err := demo.Run(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if last := lines[len(lines)-1]; !strings.HasSuffix(last, " expected, 0 missing, 0 doubled") || strings.HasPrefix(last, "delivered 0 ") {
		t.Errorf("last line: %q", last)
	}
}

// enterNewsroom makes an account with the link that a demo has printed, and previews an alert.
func enterNewsroom(t *testing.T, printed string) {
	t.Helper()
	link := regexp.MustCompile(`(http://localhost:\d+/editor)/invitations/\S+`).FindStringSubmatch(printed)
	follow := regexp.MustCompile(`http://localhost:\d+(/outages/\S+)`).FindStringSubmatch(printed)
	if link == nil || follow == nil {
		t.Errorf("the demo prints no links:\n%s", printed)
		return
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Error(err)
		return
	}
	browser := &http.Client{Jar: jar}
	submits(t, browser, http.MethodGet, link[0], nil, `name="password"`)
	account := url.Values{"name": {"Ada"}, "email": {"ada@news.example"}, "password": {"a lantern over the harbour"}}
	submits(t, browser, http.MethodPost, link[0], account, "Ada")
	outage := link[1] + follow[1]
	submits(t, browser, http.MethodGet, outage, nil, `name="headline"`)
	draft := url.Values{"kind": {"update"}, "alert": {"all"}, "headline": {"My first alert"}, "do": {"preview"}}
	submits(t, browser, http.MethodPost, outage+"/updates", draft, " readers now?")
	submits(t, browser, http.MethodGet, link[0], nil, "no longer") // it works once
}

// submits sends a request as a page of the demo does and looks for words in the answer.
func submits(t *testing.T, browser *http.Client, method, address string, form url.Values, words string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Error(err)
		return
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := browser.Do(request)
	if err != nil {
		t.Error(err)
		return
	}
	defer answer.Body.Close()
	if page, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(page), words) {
		t.Errorf("%s %s: %s, %v; want %q in\n%s", method, address, answer.Status, err, words, page)
	}
}

func TestTheDemoFailsWhenOneNotificationIsLost(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	demo := newDemo(&out)
	demo.rehearsed = func(service *pushtest.Server, readers demoReaders) {
		service.Script(readers[0].Endpoint(), pushtest.Answer{Swallow: true})
	}
	if err := demo.Run(t.Context()); !errors.Is(err, errNotOnce) || !strings.Contains(out.String(), " 1 missing, 0 doubled") {
		t.Errorf("error = %v\n%s", err, &out)
	}
}

func TestTheDemoTrustsThePushServicesOfRealBrowsersToo(t *testing.T) {
	want, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal(err)
	}
	service, err := pushtest.New(pushtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	want.AppendCertsFromPEM(service.CertPEM())
	if pool, err := trusted(service); err != nil || !pool.Equal(want) {
		t.Errorf("the demo does not trust the system's certificates and the service's, %v", err)
	}
}

// testKey is any VAPID key.
const testKey = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"

func TestTheCountFindsWhatIsDoubledAndUnexpected(t *testing.T) {
	c, err := readCoverage()
	if err != nil {
		t.Fatal(err)
	}
	service, err := pushtest.New(pushtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	reader, err := service.NewReader(testKey)
	if err != nil {
		t.Fatal(err)
	}
	readers := demoReaders{{Reader: reader, follows: map[string]string{"app/whatsapp": "all"}}}
	result, err := c.count(readers, map[int64]coverageUpdate{1: c.Updates[0]})
	if err != nil || result != (comparison{}) || result.err() != nil {
		t.Errorf("a reader who expects nothing: %+v, %v", result, err)
	}
	if (comparison{Expected: 1, Delivered: 1, Doubled: 1}).err() == nil || (comparison{Unexpected: 1}).err() == nil {
		t.Error("doubled or unexpected messages are no failure")
	}
}
