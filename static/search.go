package static

import "net/http"

// SearchPage is what was looked for, and what was found, the newest first.
type SearchPage struct {
	Query   string
	Outages []Outage
}

// Search writes the page of a search; search engines must not list it.
func (p *Pages) Search(w http.ResponseWriter, page SearchPage) error {
	return p.render(w, http.StatusOK, "search", "", page)
}
