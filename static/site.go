package static

import (
	"fmt"
	"html/template"
	"net/url"
)

// Site is what every page says about where it is.
type Site struct {
	// Name is the publication's, such as "Newsbell".
	Name string
	// BaseURL is where readers find the site, an origin and perhaps a path,
	// without a trailing slash.
	BaseURL string
}

// Root is the path that everything is below: empty, or such as "/alerts". What
// refers to the site starts with it.
func (s Site) Root() string {
	base, err := url.Parse(s.BaseURL)
	if err != nil {
		return ""
	}
	return base.Path
}

// Origin is the scheme and host of the site.
func (s Site) Origin() string { return s.BaseURL[:len(s.BaseURL)-len(s.Root())] }

// AppURL is the address of an app's page.
func (s Site) AppURL(slug string) string { return s.BaseURL + "/apps/" + slug }

// OutageURL is the address of an outage's page.
func (s Site) OutageURL(slug string) string { return s.BaseURL + "/outages/" + slug }

// UpdateURL is where an update stands on its outage's page.
func (s Site) UpdateURL(outage string, id int64) string {
	return fmt.Sprintf("%s#update-%d", s.OutageURL(outage), id)
}

// UpdatePath is the same without scheme and host, for redirects.
func (s Site) UpdatePath(outage string, id int64) string {
	return fmt.Sprintf("%s/outages/%s#update-%d", s.Root(), outage, id)
}

// ShareImage is the address of the picture that goes with a link to any page.
func (s Site) ShareImage() string { return s.BaseURL + AssetURL(shareImage) }

// functions are what templates use to refer to the site.
func (s Site) functions() template.FuncMap {
	root := s.Root()
	return template.FuncMap{
		"root":  func() string { return root },
		"asset": func(name string) string { return root + AssetURL(name) },
	}
}
