package handlers_test

import (
	"encoding/json"
	"encoding/xml"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

// Page, feed, structured data, preview and notification agree on every body.
func TestABodyIsTheSameOnThePageInTheFeedAndInTheNotification(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.SignIn()
		for body, want := range map[string]struct{ html, text string }{
			"<p>Meta confirms.</p>":                   {"<p>&lt;p&gt;Meta confirms.&lt;/p&gt;</p>", "<p>Meta confirms.</p>"},
			"Call <Support>":                          {"<p>Call &lt;Support&gt;</p>", "Call <Support>"},
			`AT&amp;T 2\*3 &#128512;`:                 {"<p>AT&amp;T 2*3 😀</p>", "AT&T 2*3 😀"},
			"2026. That was it.\n\n~~~\ncode\n~~~":    {"<ol start=\"2026\">\n<li>That was it.</li>\n</ol>\n<pre><code>code\n</code></pre>", "2026. That was it.\ncode"},
			"![A map](https://other.example/map.png)": {`<p><a href="https://other.example/map.png" rel="nofollow">A map</a></p>`, "A map"},
		} {
			w.Exec("DELETE FROM drafts")
			form := url.Values{"kind": {"update"}, "alert": {"all"}, "headline": {"News"}, "body": {body}, "do": {"preview"}}
			preview := w.Submit("/editor/outages/messages-down/updates", form).Text
			var p handlerstest.Published
			w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, map[string]any{"kind": "update", "alert": "all", "apps": []string{"messenger"}, "headline": "News", "body": body}).
				Decode(t, http.StatusCreated, &p)
			page := w.Get("/outages/messages-down").Text
			if !strings.Contains(page, `<div class="prose">`+want.html) {
				t.Errorf("%q: the page does not show %q", body, want.html)
			}
			if said := newestInLinkedData(t, page); said != want.text {
				t.Errorf("%q: structured data says %q", body, said)
			}
			for _, path := range []string{"/outages/messages-down/feed.atom", "/apps/messenger/feed.atom"} {
				if content := strings.TrimSpace(newestInFeed(t, w.Get(path).Text)); content != want.html {
					t.Errorf("%q: %s says %q; want %q", body, path, content, want.html)
				}
			}
			if shown := notificationBody.FindStringSubmatch(preview); len(shown) != 2 || html.UnescapeString(shown[1]) != want.text {
				t.Errorf("%q: the preview shows %q; want %q", body, shown, want.text)
			}
			alert, err := w.Alert(t.Context(), p.Alert.ID)
			if err != nil {
				t.Fatal(err)
			}
			if n := (models.Notifications{BaseURL: w.Origin, Lang: "en"}).Of(alert, "receipt"); n.Body != want.text {
				t.Errorf("%q: the notification says %q", body, n.Body)
			}
		}
	})
}

// The preview is truncated at the same place as the notification, also if JSON takes
// several bytes for a character.
func TestThePreviewIsTruncatedAsTheNotificationIs(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.SignIn()
		for _, words := range []string{"a ", "👩‍👩‍👧‍👧 ", `"<&>" `, "a\u2028", "**b** "} {
			for _, kind := range []string{"update", "correction"} {
				headline, body := strings.Repeat(words, 300), strings.Repeat(words, 300)
				w.Exec("DELETE FROM drafts")
				form := url.Values{"kind": {kind}, "alert": {"key"}, "headline": {headline}, "body": {body}, "do": {"preview"}}
				preview := w.Submit("/editor/outages/messages-down/updates", form).Text
				p := w.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.UpdateKind(kind), Alert: models.AlertKey, Headline: headline, Body: body})
				alert, err := w.Alert(t.Context(), p.Alert.ID)
				if err != nil {
					t.Fatal(err)
				}
				n := models.Notifications{BaseURL: w.Origin, Lang: "en"}.Of(alert, "receipt")
				title, text := notificationTitle.FindStringSubmatch(preview), notificationBody.FindStringSubmatch(preview)
				if len(title) != 2 || len(text) != 2 || html.UnescapeString(title[1]) != n.Title || html.UnescapeString(text[1]) != n.Body {
					t.Errorf("%q: the preview shows %q and %q; want %q and %q", words, title, text, n.Title, n.Body)
				}
			}
		}
	})
}

var (
	notificationTitle = regexp.MustCompile(`(?s)<p class="notification-title">(.*?)</p>`)
	notificationBody  = regexp.MustCompile(`(?s)<p class="notification-body">(.*?)</p>`)
	linkedData        = regexp.MustCompile(`(?s)<script type="application/ld\+json">(.*?)</script>`)
)

func newestInLinkedData(t *testing.T, page string) string {
	t.Helper()
	var blog struct {
		Updates []struct{ ArticleBody string } `json:"liveBlogUpdate"`
	}
	found := linkedData.FindStringSubmatch(page)
	if len(found) != 2 || json.Unmarshal([]byte(found[1]), &blog) != nil || len(blog.Updates) == 0 {
		t.Fatalf("no structured data in %s", page)
	}
	return blog.Updates[0].ArticleBody
}

func newestInFeed(t *testing.T, text string) string {
	t.Helper()
	var feed struct {
		Entries []struct {
			Content string `xml:"content"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal([]byte(text), &feed); err != nil || len(feed.Entries) == 0 {
		t.Fatalf("no feed: %v in %s", err, text)
	}
	return feed.Entries[0].Content
}
