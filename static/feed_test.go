package static

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// structuredData matches the JSON of a page that search engines read.
var structuredData = regexp.MustCompile(`(?s)<script type="application/ld\+json">(.*?)</script>`)

func TestAnOutageHasStructuredData(t *testing.T) {
	outage := Outage{Slug: "messages-down", Headline: hostile, State: "resolved", BeganAt: began, ResolvedAt: &resolved}
	page := render(t, func(p *Pages, w http.ResponseWriter) error {
		return p.Outage(w, OutagePage{outage, []Update{{
			ID: 2, Headline: hostile, Text: "It is back.", PublishedAt: resolved, Corrections: []Entry{{3, "It is not", resolved}},
		}}})
	})
	var blog struct {
		Type      string    `json:"@type"`
		Headline  string    `json:"headline"`
		Modified  time.Time `json:"dateModified"`
		Begin     time.Time `json:"coverageStartTime"`
		End       time.Time `json:"coverageEndTime"`
		Publisher struct{ Name string }
		Updates   []struct {
			URL         string
			Headline    string
			ArticleBody string
			Correction  []string
		} `json:"liveBlogUpdate"`
	}
	found := structuredData.FindAllStringSubmatch(page, -1)
	if len(found) != 1 {
		t.Fatalf("%d blocks of structured data; want 1", len(found))
	}
	if err := json.Unmarshal([]byte(found[0][1]), &blog); err != nil {
		t.Fatal(err)
	}
	if blog.Type != "LiveBlogPosting" || blog.Headline != hostile || blog.Publisher.Name == "" ||
		!blog.Begin.Equal(began) || !blog.End.Equal(resolved) || !blog.Modified.Equal(resolved) {
		t.Errorf("blog = %+v", blog)
	}
	if u := blog.Updates; len(u) != 1 || u[0].Headline != hostile || u[0].ArticleBody != "It is back." ||
		!slices.Equal(u[0].Correction, []string{"https://news.example/outages/messages-down#update-3"}) || u[0].URL != "https://news.example/outages/messages-down#update-2" {
		t.Errorf("updates = %+v", u)
	}
}

func TestFeedsAreAtom(t *testing.T) {
	outage := Outage{Slug: "messages-down", Headline: hostile, BeganAt: began}
	updates := []Update{
		{ID: 2, Headline: hostile, Body: "<p>It is <strong>back</strong> & well.</p>", PublishedAt: resolved},
		{ID: 1, Headline: "It begins", PublishedAt: began},
	}
	for path, write := range map[string]func(*Pages, http.ResponseWriter) error{
		"/outages/messages-down": func(p *Pages, w http.ResponseWriter) error {
			return p.OutageFeed(w, OutagePage{outage, updates})
		},
		"/apps/messenger": func(p *Pages, w http.ResponseWriter) error {
			return p.AppFeed(w, App{Slug: "messenger", Name: hostile}, []FeedEntry{{outage, updates[0]}, {outage, updates[1]}})
		},
	} {
		var feed struct {
			XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
			ID      string   `xml:"id"`
			Title   string   `xml:"title"`
			Updated string   `xml:"updated"`
			Author  string   `xml:"author>name"`
			Links   []struct {
				Rel  string `xml:"rel,attr"`
				Href string `xml:"href,attr"`
			} `xml:"link"`
			Entries []struct {
				ID      string `xml:"id"`
				Title   string `xml:"title"`
				Updated string `xml:"updated"`
				Content string `xml:"content"`
			} `xml:"entry"`
		}
		if err := xml.Unmarshal([]byte(render(t, write)), &feed); err != nil {
			t.Fatal(err)
		}
		page := "https://news.example" + path
		if feed.ID != page || feed.Title != hostile+" · Newsbell" || feed.Author != "Newsbell" || feed.Updated != "2021-11-03T22:15:00Z" ||
			len(feed.Links) != 2 || feed.Links[0].Href != page+"/feed.atom" || feed.Links[1].Href != page {
			t.Errorf("%s: feed = %+v", path, feed)
		}
		if e := feed.Entries; len(e) != 2 || e[0].ID != "https://news.example/outages/messages-down#update-2" || e[0].Title != hostile ||
			e[0].Content != "<p>It is <strong>back</strong> & well.</p>" || e[1].Updated != "2021-11-03T18:04:00Z" || e[1].Content != "" {
			t.Errorf("%s: entries = %+v", path, e)
		}
	}
}

func TestAFeedSaysWhatWasCorrected(t *testing.T) {
	updates := []Update{
		{ID: 2, Headline: "It began at 9", PublishedAt: resolved, Corrects: &Entry{1, "It began at 8", began}},
		{ID: 1, Headline: "It began at 8", PublishedAt: began, Corrections: []Entry{{2, "It began at 9", resolved}}},
	}
	var feed struct {
		Entries []struct {
			Published string `xml:"published"`
			Updated   string `xml:"updated"`
			Links     []struct {
				Rel   string `xml:"rel,attr"`
				Href  string `xml:"href,attr"`
				Title string `xml:"title,attr"`
			} `xml:"link"`
		} `xml:"entry"`
	}
	text := render(t, func(p *Pages, w http.ResponseWriter) error {
		return p.OutageFeed(w, OutagePage{Outage{Slug: "messages-down", BeganAt: began}, updates})
	})
	if err := xml.Unmarshal([]byte(text), &feed); err != nil {
		t.Fatal(err)
	}
	const page = "https://news.example/outages/messages-down#update-"
	for i, want := range []struct{ self, other, title string }{
		{page + "2", page + "1", "Corrects: It began at 8"},
		{page + "1", page + "2", "Corrected: It began at 9"},
	} {
		l := feed.Entries[i].Links
		if len(l) != 2 || l[0].Rel != "alternate" || l[0].Href != want.self || l[0].Title != "" ||
			l[1].Rel != "related" || l[1].Href != want.other || l[1].Title != want.title {
			t.Errorf("links = %+v; want %+v", l, want)
		}
	}
	if e := feed.Entries[1]; e.Published != "2021-11-03T18:04:00Z" || e.Updated != "2021-11-03T22:15:00Z" {
		t.Errorf("corrected entry = %+v", e)
	}
}

func TestADescriptionIsTheStandfirstOrTheNewestTextOrTheHeadline(t *testing.T) {
	long := strings.Repeat("Messages fail. ", 40)
	for want, page := range map[string]OutagePage{
		"In a sentence":          {Outage{Headline: "Down", Standfirst: "In a sentence"}, []Update{{Text: "News"}}},
		"AT&T confirms. And so.": {Outage{Headline: "Down"}, []Update{{}, {Text: "AT&T confirms.\nAnd so."}, {Text: "Older"}}},
		"Down":                   {Outage{Headline: "Down"}, []Update{{}}},
		strings.Repeat("Messages fail. ", 13) + "…": {Outage{Headline: "Down"}, []Update{{Text: long}}},
	} {
		if got := page.Description(); got != want {
			t.Errorf("described as %q; want %q", got, want)
		}
	}
}
