package static

import "net/http"

// PreferencesPage holds nothing: only the reader's browser knows the secret
// that tells what it follows, so its script fills the page.
type PreferencesPage struct{}

// Preferences writes the preferences page.
func (p *Pages) Preferences(w http.ResponseWriter, page PreferencesPage) error {
	return p.render(w, http.StatusOK, "preferences", "/preferences", page)
}
