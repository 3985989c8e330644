package static

import "net/http"

// PreferencesPage has no data: a script fills the page, because only the reader's
// browser knows the secret of its subscription.
type PreferencesPage struct{}

// Preferences writes the preferences page.
func (p *Pages) Preferences(w http.ResponseWriter, page PreferencesPage) error {
	return p.render(w, http.StatusOK, "preferences", "/preferences", page)
}
