package static

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// FeedEntry is an update and the outage that it is about.
type FeedEntry struct {
	Outage Outage
	Update Update
}

// OutageFeed writes an outage's updates, newest first, as an Atom feed
// (RFC 4287).
func (p *Pages) OutageFeed(w http.ResponseWriter, page OutagePage) error {
	entries := make([]FeedEntry, len(page.Updates))
	for i, update := range page.Updates {
		entries[i] = FeedEntry{page.Outage, update}
	}
	return p.feed(w, "/outages/"+page.Outage.Slug, page.Outage.Headline, page.Outage.BeganAt, entries)
}

// AppFeed writes the updates that concern an app, newest first, as an Atom feed.
func (p *Pages) AppFeed(w http.ResponseWriter, app App, entries []FeedEntry) error {
	return p.feed(w, "/apps/"+app.Slug, app.Name, app.Since, entries)
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Author  string      `xml:"author>name"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomEntry struct {
	ID        string       `xml:"id"`
	Title     string       `xml:"title"`
	Published string       `xml:"published"`
	Updated   string       `xml:"updated"`
	Links     []atomLink   `xml:"link"`
	Content   *atomContent `xml:"content"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
	// Title describes the link; it may be empty.
	Title string `xml:"title,attr,omitempty"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	HTML string `xml:",chardata"`
}

// feed writes the feed of a page. Without entries, its updated time is begin.
func (p *Pages) feed(w http.ResponseWriter, path, title string, begin time.Time, entries []FeedEntry) error {
	page, self := p.site.BaseURL+path, p.site.BaseURL+FeedPath(path)
	updated := begin
	if len(entries) > 0 {
		updated = entries[0].Update.PublishedAt
	}
	feed := atomFeed{
		ID: page, Title: title + " · " + p.site.Name, Author: p.site.Name, Updated: atomTime(updated),
		Links: []atomLink{{"self", "application/atom+xml", self, ""}, {"alternate", "text/html", page, ""}},
	}
	for _, entry := range entries {
		feed.Entries = append(feed.Entries, p.feedEntry(entry))
	}
	body := bytes.NewBufferString(xml.Header)
	if err := xml.NewEncoder(body).Encode(feed); err != nil {
		return fmt.Errorf("write feed %s: %w", path, err)
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	// Last-Modified has a resolution of one second. It is left out while another update
	// may get the same one, from a process whose clock is behind.
	if time.Since(updated) > time.Minute {
		w.Header().Set("Last-Modified", updated.UTC().Format(http.TimeFormat))
	}
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	_, _ = body.WriteTo(w) // fails only if the reader has left
	return nil
}

// feedEntry returns the entry of an update. A correction updates the corrected entry.
func (p *Pages) feedEntry(e FeedEntry) atomEntry {
	url := p.site.UpdateURL(e.Outage.Slug, e.Update.ID)
	entry := atomEntry{
		ID: url, Title: e.Update.Headline, Links: []atomLink{{"alternate", "text/html", url, ""}},
		Published: atomTime(e.Update.PublishedAt), Updated: atomTime(e.Update.PublishedAt),
	}
	related := func(to Entry, word string) {
		entry.Links = append(entry.Links, atomLink{"related", "text/html", p.site.UpdateURL(e.Outage.Slug, to.ID), word + ": " + to.Headline})
	}
	if e.Update.Corrects != nil {
		related(*e.Update.Corrects, "Corrects")
	}
	for _, correction := range e.Update.Corrections {
		entry.Updated = atomTime(correction.PublishedAt)
		related(correction, "Corrected")
	}
	if e.Update.Body != "" {
		entry.Content = &atomContent{"html", string(e.Update.Body)}
	}
	return entry
}

// FeedPath returns the path of the feed of an outage's or app's page.
func FeedPath(page string) string { return page + "/feed.atom" }

// atomTime formats a time as RFC 3339.
func atomTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
