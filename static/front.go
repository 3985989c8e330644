package static

import (
	"net/http"
	"time"
)

// FrontPage shows what is out now, how each app is, and what is over.
type FrontPage struct {
	Ongoing, Past []Outage
	Apps          []App
}

// Front writes the front page.
func (p *Pages) Front(w http.ResponseWriter, page FrontPage) error {
	return p.render(w, http.StatusOK, "front", "/", page)
}

// Month is a month's outages.
type Month struct {
	Began   time.Time
	Outages []Outage
}

// Months are the past outages by the month in which they began (UTC).
func (f FrontPage) Months() []Month {
	var months []Month
	for _, outage := range f.Past {
		began := outage.BeganAt.UTC()
		if n := len(months); n == 0 || months[n-1].Began.Month() != began.Month() || months[n-1].Began.Year() != began.Year() {
			months = append(months, Month{Began: began})
		}
		month := &months[len(months)-1]
		month.Outages = append(month.Outages, outage)
	}
	return months
}

// Empty says that nothing has ever been covered.
func (f FrontPage) Empty() bool {
	return len(f.Ongoing) == 0 && len(f.Past) == 0 && len(f.Apps) == 0
}
