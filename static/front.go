package static

import "net/http"

// FrontPage shows what is out now, how each app is, and what is over.
type FrontPage struct {
	Ongoing, Past []Outage
	Apps          []App
}

// Front writes the front page.
func (p *Pages) Front(w http.ResponseWriter, page FrontPage) error {
	return p.render(w, http.StatusOK, "front", "/", page)
}

// Empty says that nothing has ever been covered.
func (f FrontPage) Empty() bool {
	return len(f.Ongoing) == 0 && len(f.Past) == 0 && len(f.Apps) == 0
}
