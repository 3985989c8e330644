package pages_test

import (
	"net/http"
	"strings"
	"testing"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

func TestPagesShowWhatIsPublishedAndEscapeIt(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		published := w.PublishDraft(models.Draft{
			Outage: "messages-down", Headline: `<script>alert("x")</script>`,
			Apps: []string{"messenger"},
			Body: "It is **bad**. [here](javascript:alert(1)) <img src=x onerror=alert(1)>",
		})
		page := w.Get("/outages/messages-down")
		page.WantStatus(t, http.StatusOK)
		for _, bad := range []string{`<script>alert`, "javascript:", "<img"} {
			if strings.Contains(page.Text, bad) {
				t.Errorf("the page holds %q", bad)
			}
		}
		for _, good := range []string{"&lt;script&gt;", "<strong>bad</strong>", `id="update-1"`, `"articleBody":"It is bad. here`, "&lt;img src=x onerror=alert(1)&gt;"} {
			if !strings.Contains(page.Text, good) {
				t.Errorf("the page lacks %q of update %d", good, published.Update.ID)
			}
		}
		if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'self'") {
			t.Errorf("Content-Security-Policy = %q", policy)
		}
		for path, words := range map[string]string{
			"/": "messages-down is down", "/apps/messenger": "messenger", "/preferences": "Forget me",
			"/search": "Search outages and apps", "/search?q=messenger": "1 outage", "/search?q=%22%3E%3Cb%3E%FF%00": "&#34;&gt;&lt;b&gt;",
			"/outages/messages-down/feed.atom": "&lt;strong&gt;bad&lt;/strong&gt;", "/apps/messenger/feed.atom": "#update-1",
			"/service-worker.js": "notificationclick", "/manifest.webmanifest": "standalone",
			"/healthz": "ok", "/readyz": "ready",
		} {
			if page := w.Get(path); page.StatusCode != http.StatusOK || !strings.Contains(page.Text, words) {
				t.Errorf("%s: %d, without %q", path, page.StatusCode, words)
			}
		}
		for _, path := range []string{"/nothing", "/outages/elsewhere", "/apps/elsewhere", "/outages/elsewhere/feed.atom", "/apps/elsewhere/feed.atom"} {
			if page := w.Get(path); page.StatusCode != http.StatusNotFound || !strings.Contains(page.Header.Get("Content-Type"), "text/html") {
				t.Errorf("%s: %d %s", path, page.StatusCode, page.Header.Get("Content-Type"))
			}
		}
	})
}
