package static

import "time"

// The page as structured data for search engines: https://schema.org/LiveBlogPosting.
type (
	liveBlog struct {
		Context     string         `json:"@context"`
		Type        string         `json:"@type"`
		ID          string         `json:"@id"`
		URL         string         `json:"url"`
		Headline    string         `json:"headline"`
		Description string         `json:"description,omitempty"`
		Image       string         `json:"image"`
		Published   time.Time      `json:"datePublished"`
		Modified    time.Time      `json:"dateModified"`
		Begin       time.Time      `json:"coverageStartTime"`
		End         *time.Time     `json:"coverageEndTime,omitempty"`
		Author      organization   `json:"author"`
		Publisher   organization   `json:"publisher"`
		About       []thing        `json:"about,omitempty"`
		Updates     []liveBlogPost `json:"liveBlogUpdate"`
	}
	liveBlogPost struct {
		Type      string       `json:"@type"`
		URL       string       `json:"url"`
		Headline  string       `json:"headline"`
		Body      string       `json:"articleBody,omitempty"`
		Published time.Time    `json:"datePublished"`
		Author    organization `json:"author"`
		// Corrections are the URLs of the posts that correct this one.
		Corrections []string `json:"correction,omitempty"`
	}
	organization struct {
		Type string `json:"@type"`
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	thing struct {
		Type string `json:"@type"`
		Name string `json:"name"`
	}
)

// LiveBlog returns the page as structured data.
func (o outageView) LiveBlog() liveBlog {
	p, page := o.pages, o.OutagePage
	newsroom := organization{"Organization", p.site.Name, p.site.BaseURL + "/"}
	url := p.site.OutageURL(page.Outage.Slug)
	blog := liveBlog{
		Context: "https://schema.org", Type: "LiveBlogPosting", ID: url, URL: url,
		Headline: page.Outage.Headline, Description: page.Description(), Image: p.site.ShareImage(),
		Published: page.Outage.BeganAt.UTC(), Modified: page.Outage.BeganAt.UTC(),
		Begin: page.Outage.BeganAt.UTC(), End: page.Outage.ResolvedAt, Author: newsroom, Publisher: newsroom,
		Updates: []liveBlogPost{},
	}
	if len(page.Updates) > 0 {
		blog.Modified = page.LastUpdate().UTC()
	}
	for _, app := range page.Apps() {
		blog.About = append(blog.About, thing{"SoftwareApplication", app.Name})
	}
	for _, update := range page.Updates {
		blog.Updates = append(blog.Updates, liveBlogPost{
			Type: "BlogPosting", URL: p.site.UpdateURL(page.Outage.Slug, update.ID), Headline: update.Headline, Body: update.Text,
			Published: update.PublishedAt.UTC(), Author: newsroom, Corrections: p.entryURLs(page.Outage, update.Corrections),
		})
	}
	return blog
}

func (p *Pages) entryURLs(o Outage, entries []Entry) (urls []string) {
	for _, entry := range entries {
		urls = append(urls, p.site.UpdateURL(o.Slug, entry.ID))
	}
	return urls
}
