package static

import (
	"net/http"
	"time"
)

// FrontPage shows ongoing outages, the state of each app, and past outages.
type FrontPage struct {
	Ongoing, Past []Outage
	Apps          []App
}

// Front writes the front page.
func (p *Pages) Front(w http.ResponseWriter, page FrontPage) error {
	return p.render(w, http.StatusOK, "front", "/", page)
}

// Month is the outages that began in one month.
type Month struct {
	Began   time.Time
	Outages []Outage
}

// Months groups the past outages by the month in which they began (UTC).
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

// Empty reports whether there are no outages and no apps.
func (f FrontPage) Empty() bool {
	return len(f.Ongoing) == 0 && len(f.Past) == 0 && len(f.Apps) == 0
}
