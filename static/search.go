package static

import "net/http"

// SearchPage is a query and the outages that match it, newest first.
type SearchPage struct {
	Query   string
	Outages []Outage
}

// Search writes the search page, which search engines must not index.
func (p *Pages) Search(w http.ResponseWriter, page SearchPage) error {
	return p.render(w, http.StatusOK, "search", "", page)
}
