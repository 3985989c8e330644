// Package static holds everything that browsers load: the pages, rendered on the server
// from Go templates, and their styles, scripts, icons, service worker and manifest. All
// are embedded in the binary.
//
// It promises that every page can be read without JavaScript, that nothing is inline
// (pages work with the Content-Security-Policy default-src 'self'), and that an asset's
// URL changes whenever its content does.
package static

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

//go:embed templates css js icons service-worker.js manifest.webmanifest
var files embed.FS

// shareImage is the preview image for links to the site, 1200 × 630 pixels.
const shareImage = "icons/share.png"

// Pages renders each page into a response.
type Pages struct {
	site      Site
	templates map[string]*template.Template
}

// New parses the templates.
func New(site Site) (*Pages, error) {
	p := &Pages{site: site, templates: map[string]*template.Template{}}
	base, err := template.New("").Funcs(functions).Funcs(site.functions()).ParseFS(files, "templates/layout/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	for _, name := range []string{
		"front", "outage", "app", "search", "preferences", "error",
		"editor_sign_in", "editor_front", "editor_outage", "editor_confirmation", "editor_alert", "editor_approval", "editor_policy", "editor_outage_form", "editor_apps", "editor_app", "editor_tokens", "editor_token",
		"editor_invitation", "editor_invitation_ended", "editor_account", "editor_welcome", "editor_people", "editor_person", "editor_link",
	} {
		page, err := base.Clone()
		if err != nil {
			return nil, fmt.Errorf("clone layout: %w", err)
		}
		if p.templates[name], err = page.ParseFS(files, "templates/"+name+".html"); err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
	}
	return p, nil
}

// view is the data of the layout; the page's own templates get Page.
type view struct {
	Site Site
	// Path is the page's canonical path; empty if it has none.
	Path string
	Page any
}

// render writes the whole page, or nothing on an error.
func (p *Pages) render(w http.ResponseWriter, status int, name, path string, page any) error {
	var html bytes.Buffer
	if err := p.templates[name].ExecuteTemplate(&html, "layout", view{p.site, path, page}); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(html.Len()))
	w.WriteHeader(status)
	_, _ = html.WriteTo(w) // fails only if the reader has left
	return nil
}

// fragment renders one of a page's own templates.
func (p *Pages) fragment(page, name string, data any) (string, error) {
	var html strings.Builder
	if err := p.templates[page].ExecuteTemplate(&html, name, data); err != nil {
		return "", fmt.Errorf("render %s of page %s: %w", name, page, err)
	}
	return strings.TrimSpace(html.String()), nil
}
