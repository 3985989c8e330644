// Package views converts models to the data of pages.
package views

import (
	"html/template"

	"newsbell/models"
	"newsbell/static"
)

// App returns the view of an app.
func App(a models.App) static.App {
	return static.App{Slug: a.Slug, Name: a.Name, State: string(a.ShownState()), Since: a.StateChangedAt}
}

// Apps returns the views of apps.
func Apps(apps []models.App) []static.App {
	views := make([]static.App, len(apps))
	for i, app := range apps {
		views[i] = App(app)
	}
	return views
}

// Outage returns the view of an outage.
func Outage(o models.Outage) static.Outage {
	return static.Outage{
		IsDrill: o.IsDrill(), Slug: o.Slug, Headline: o.Headline, Standfirst: o.Standfirst, State: string(o.State),
		BeganAt: o.BeganAt, ResolvedAt: o.ResolvedAt, Apps: Apps(o.Apps),
	}
}

// Outages returns the views of outages.
func Outages(outages []models.Outage) []static.Outage {
	var views []static.Outage
	for _, outage := range outages {
		views = append(views, Outage(outage))
	}
	return views
}

// Update returns the view of an update, without its corrections.
func Update(u models.Update) static.Update {
	view := static.Update{
		ID: u.ID, Kind: string(u.Kind), Key: u.AlertLevel == models.AlertKey || u.Kind == models.Resolution,
		Headline: u.Headline, Body: template.HTML(u.BodyHTML), Text: u.BodyText, PublishedAt: u.PublishedAt,
	}
	if u.Position != nil {
		view.Position = *u.Position
	}
	for _, concerned := range u.Apps {
		app := static.UpdateApp{App: App(concerned.App)}
		if concerned.State != nil {
			app.SetState = string(*concerned.State)
		}
		view.Apps = append(view.Apps, app)
	}
	if u.Corrects != nil {
		corrected := entry(*u.Corrects)
		view.Corrects = &corrected
	}
	return view
}

// Updates returns the views of updates, which must be newest first, each with those of
// its corrections that are among them.
func Updates(updates []models.Update) []static.Update {
	views := make([]static.Update, len(updates))
	corrections := map[int64][]static.Entry{}
	for i, u := range updates {
		views[i] = Update(u)
		if u.CorrectsID != nil {
			corrections[*u.CorrectsID] = append([]static.Entry{entry(u)}, corrections[*u.CorrectsID]...)
		}
	}
	for i := range views {
		views[i].Corrections = corrections[views[i].ID]
	}
	return views
}

func entry(u models.Update) static.Entry {
	return static.Entry{ID: u.ID, Headline: u.Headline, PublishedAt: u.PublishedAt}
}

// Counts returns the view of an alert's counts.
func Counts(c models.Counts) static.Counts {
	return static.Counts{
		Audience: c.Audience, Accepted: c.Accepted, Gone: c.Gone, Failed: c.Failed, Waiting: c.Waiting, Deferred: c.Deferred,
		Remaining: c.Remaining(), Shown: c.Shown, Clicked: c.Clicked, Dismissed: c.Dismissed,
	}
}
