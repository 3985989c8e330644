package static

import (
	"fmt"
	"html/template"
	"net/url"
)

// Site is the name and the address of the site.
type Site struct {
	// Name is the publication's, such as "Newsbell".
	Name string
	// BaseURL is the public address of the site: an origin, perhaps with a path, without
	// a trailing slash.
	BaseURL string
}

// Root returns the path of BaseURL, such as "/alerts", or an empty string. Every path on
// the site starts with it.
func (s Site) Root() string {
	base, err := url.Parse(s.BaseURL)
	if err != nil {
		return ""
	}
	return base.Path
}

// Origin returns the scheme and host of the site.
func (s Site) Origin() string { return s.BaseURL[:len(s.BaseURL)-len(s.Root())] }

// AppURL returns the URL of an app's page.
func (s Site) AppURL(slug string) string { return s.BaseURL + "/apps/" + slug }

// OutageURL returns the URL of an outage's page.
func (s Site) OutageURL(slug string) string { return s.BaseURL + "/outages/" + slug }

// UpdateURL returns the URL of an update on its outage's page.
func (s Site) UpdateURL(outage string, id int64) string {
	return fmt.Sprintf("%s#update-%d", s.OutageURL(outage), id)
}

// UpdatePath is UpdateURL without scheme and host, for redirects.
func (s Site) UpdatePath(outage string, id int64) string {
	return fmt.Sprintf("%s/outages/%s#update-%d", s.Root(), outage, id)
}

// EditorUpdatePath is the path of an update in the newsroom, for redirects.
func (s Site) EditorUpdatePath(outage string, id int64) string {
	return fmt.Sprintf("%s/editor/outages/%s#update-%d", s.Root(), outage, id)
}

// EditorScheduledPath is the path of a scheduled update in the newsroom, for redirects.
func (s Site) EditorScheduledPath(outage string, id int64) string {
	return fmt.Sprintf("%s/editor/outages/%s#scheduled-%d", s.Root(), outage, id)
}

// InvitationURL returns the URL of an invitation to the newsroom, or of a reset link.
func (s Site) InvitationURL(secret string) string { return s.BaseURL + "/editor/invitations/" + secret }

// ShareImage returns the URL of the preview image for links to the site.
func (s Site) ShareImage() string { return s.BaseURL + AssetURL(shareImage) }

// functions are the template functions that depend on the site.
func (s Site) functions() template.FuncMap {
	root := s.Root()
	return template.FuncMap{
		"root":  func() string { return root },
		"asset": func(name string) string { return root + AssetURL(name) },
	}
}
