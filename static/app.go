package static

import (
	"net/http"
	"time"
)

// App is a service that people use.
type App struct {
	Slug, Name string
	// State is up, failing or recovering, since Since; or retired, if it is not covered any more.
	State string
	Since time.Time
}

// IsRetired reports whether the app is not covered any more.
func (a App) IsRetired() bool { return a.State == "retired" }

// AppPage is one app: its state now and its outages, newest first.
type AppPage struct {
	App     App
	Outages []Outage
}

// App writes an app's page.
func (p *Pages) App(w http.ResponseWriter, page AppPage) error {
	return p.render(w, http.StatusOK, "app", "/apps/"+page.App.Slug, page)
}

// Follow returns the choices to follow the app and each of its ongoing outages.
func (a AppPage) Follow() followChoices {
	choices := followChoices{Subject: a.App.Name, Topic: "app/" + a.App.Slug}
	choices.add("app", a.App.Slug, a.App.Name, "each of its outages")
	for _, outage := range a.Outages {
		if outage.Ongoing() {
			choices.add("outage", outage.Slug, outage.Headline, "this outage only")
		}
	}
	return choices
}
