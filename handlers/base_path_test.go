package handlers_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

// below are the options of a site that shares its origin with a newspaper.
var below = handlers.Options{BaseURL: "https://paper.example/alerts"}

var referred = regexp.MustCompile(`(?:\s(?:href|src|action|formaction)=|<id>|content="https:|"(?:@id|url|image|id|start_url|scope|src)": ?)"?([^"<>]+)`)

func TestEverythingIsBelowThePathOfTheBaseURL(t *testing.T) {
	handlerstest.OnBothWith(t, below, func(t *testing.T, w *handlerstest.Web) {
		w.PublishDraft(models.Draft{Outage: "messages-down", Headline: "It is back", Kind: models.Resolution, Apps: []string{"messenger"}})
		w.Submit("/alerts/editor/sign-in", url.Values{"token": {w.Token}}).WantStatus(t, http.StatusOK)
		seen, queue := map[string]bool{}, []string{
			"/alerts/", "/alerts/editor", "/alerts/preferences", "/alerts/search?q=down", "/alerts/nothing",
			"/alerts/manifest.webmanifest", "/alerts/api/v1/openapi.json", "/alerts/service-worker.js", "/alerts/newsbell.js",
		}
		for len(queue) > 0 {
			address := queue[0]
			queue = queue[1:]
			if seen[address] {
				continue
			}
			seen[address] = true
			page := w.Get(address)
			isNowhere := address == "/alerts/nothing" || address == "/alerts/api/v1" // the API's base path
			if page.StatusCode == http.StatusNotFound && !isNowhere {
				t.Errorf("%s is not found", address)
			}
			for _, found := range referred.FindAllStringSubmatch(page.Text, -1) {
				refers := strings.TrimPrefix(html.UnescapeString(found[1]), "https:")
				refers, _, _ = strings.Cut(strings.TrimPrefix(refers, "//paper.example"), "#")
				if strings.HasPrefix(refers, "/") && !strings.HasPrefix(refers, "/alerts/") {
					t.Errorf("%s refers to %s", address, refers)
				} else if strings.HasPrefix(refers, "/") && !strings.HasSuffix(refers, "/events") {
					queue = append(queue, refers)
				}
			}
		}
		for _, part := range []string{
			"/alerts/outages/messages-down", "/alerts/apps/messenger/feed.atom", "/alerts/editor/outages/messages-down",
			"/alerts/editor/outages/messages-down/updates", "/alerts/static/icons/icon-192.png",
		} {
			if !seen[part] {
				t.Errorf("nothing refers to %s", part)
			}
		}
	})
}

func TestRedirectsAndCookiesStayBelowThePath(t *testing.T) {
	handlerstest.OnBothWith(t, below, func(t *testing.T, w *handlerstest.Web) {
		alert := w.PublishDraft(models.Draft{Outage: "messages-down"}).Alert
		w.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		for path, want := range map[string]string{
			"/alerts":                "/alerts/",
			"/alerts?a=1":            "/alerts/?a=1",
			"/alerts/preferences/":   "/alerts/preferences",
			"/alerts/editor":         "/alerts/editor/sign-in",
			"/alerts/go/1/x":         "/alerts/outages/messages-down#update-1",
			"/alerts//evil.example/": "/alerts/evil.example",
		} {
			if answer := w.Get(path); answer.Header.Get("Location") != want {
				t.Errorf("%s leads to %q, %d; want %q", path, answer.Header.Get("Location"), answer.StatusCode, want)
			}
		}
		signedIn := w.Submit("/alerts/editor/sign-in", url.Values{"token": {w.Token}})
		if to, cookie := signedIn.Header.Get("Location"), signedIn.Cookies()[0]; to != "/alerts/editor" || cookie.Path != "/alerts/" {
			t.Errorf("signing in leads to %q with the cookie %v", to, cookie)
		}
		stopped := w.Submit("/alerts/editor/alerts/1/stop", nil)
		if to := stopped.Header.Get("Location"); to != "/alerts/editor/outages/messages-down#update-1" {
			t.Errorf("stopping %d leads to %q", alert.ID, to)
		}
	})
}

func TestOnlyHealthIsOutsideThePath(t *testing.T) {
	handlerstest.OnBothWith(t, below, func(t *testing.T, w *handlerstest.Web) {
		for path, want := range map[string]int{
			"/": http.StatusNotFound, "/preferences": http.StatusNotFound, "/alertsx/preferences": http.StatusNotFound,
			"/api/v1/vapid-key": http.StatusNotFound, "/static/css/base.css": http.StatusNotFound,
			"/healthz": http.StatusOK, "/readyz": http.StatusOK, "/alerts/healthz": http.StatusOK,
		} {
			answer := w.Get(path)
			answer.WantStatus(t, want)
			if answer.Header.Get("Content-Security-Policy") == "" {
				t.Errorf("%s has no security headers", path)
			}
		}
	})
}

func TestNoProxysPathIsTrusted(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		for path, want := range map[string]string{
			"/preferences/": "/preferences", "/search/?q=a+b": "/search?q=a+b", "//evil.example/": "/evil.example", `/\evil.example/`: "/%5Cevil.example",
		} {
			answer := w.Send(http.MethodGet, path, nil, "X-Forwarded-Prefix", "/evil")
			if to := answer.Header.Get("Location"); to != want {
				t.Errorf("%s leads to %q; want %q", path, to, want)
			}
		}
	})
}
