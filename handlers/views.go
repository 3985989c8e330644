package handlers

import (
	"html/template"

	"newsbell/models"
	"newsbell/static"
)

func appView(a models.App) static.App {
	return static.App{Slug: a.Slug, Name: a.Name, State: string(a.State), Since: a.StateChangedAt}
}

func appViews(apps []models.App) []static.App {
	views := make([]static.App, len(apps))
	for i, app := range apps {
		views[i] = appView(app)
	}
	return views
}

func outageView(o models.Outage) static.Outage {
	return static.Outage{
		Slug: o.Slug, Headline: o.Headline, Standfirst: o.Standfirst, State: string(o.State),
		BeganAt: o.BeganAt, ResolvedAt: o.ResolvedAt, Apps: appViews(o.Apps),
	}
}

func updateView(u models.Update) static.Update {
	view := static.Update{
		ID: u.ID, Kind: string(u.Kind), Key: u.AlertLevel == models.AlertKey || u.Kind == models.Resolution,
		Headline: u.Headline, Body: template.HTML(u.BodyHTML), Text: u.BodyText, PublishedAt: u.PublishedAt,
	}
	for _, concerned := range u.Apps {
		app := static.UpdateApp{App: appView(concerned.App)}
		if concerned.State != nil {
			app.SetState = string(*concerned.State)
		}
		view.Apps = append(view.Apps, app)
	}
	if u.Corrects != nil {
		corrected := entryView(*u.Corrects)
		view.Corrects = &corrected
	}
	return view
}

// updateViews are updates, the newest first, each with those of its corrections
// that are among them.
func updateViews(updates []models.Update) []static.Update {
	views := make([]static.Update, len(updates))
	corrections := map[int64][]static.Entry{}
	for i, u := range updates {
		views[i] = updateView(u)
		if u.CorrectsID != nil {
			corrections[*u.CorrectsID] = append([]static.Entry{entryView(u)}, corrections[*u.CorrectsID]...)
		}
	}
	for i := range views {
		views[i].Corrections = corrections[views[i].ID]
	}
	return views
}

func entryView(u models.Update) static.Entry {
	return static.Entry{ID: u.ID, Headline: u.Headline, PublishedAt: u.PublishedAt}
}
