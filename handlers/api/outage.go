package api

import (
	"context"
	"net/http"
	"time"

	"newsbell/models"
)

type newOutage struct {
	Slug       string                     `json:"slug"`
	Headline   string                     `json:"headline"`
	Standfirst string                     `json:"standfirst,omitempty"`
	Apps       []string                   `json:"apps" doc:"Slugs of the apps that the outage began with."`
	States     map[string]models.AppState `json:"states,omitempty" doc:"States of its apps by slug: up, failing or recovering. Default: failing."`
	BeganAt    *time.Time                 `json:"began_at,omitempty" doc:"From the year 2000 until now. Default: now."`
}

type outage struct {
	Slug       string                     `json:"slug"`
	Headline   string                     `json:"headline"`
	Standfirst string                     `json:"standfirst"`
	State      string                     `json:"state"`
	Apps       []string                   `json:"apps"`
	States     map[string]models.AppState `json:"states" doc:"The current states of its apps, by slug."`
	BeganAt    time.Time                  `json:"began_at"`
	ResolvedAt *time.Time                 `json:"resolved_at"`
	URL        string                     `json:"url"`
}

// outageNow is the public view of an outage.
type outageNow struct {
	Slug       string     `json:"slug"`
	Headline   string     `json:"headline"`
	Standfirst string     `json:"standfirst"`
	State      string     `json:"state" doc:"ongoing or resolved"`
	Apps       []app      `json:"apps" doc:"The apps that it began with, then those that updates added."`
	BeganAt    time.Time  `json:"began_at"`
	ResolvedAt *time.Time `json:"resolved_at"`
	URL        string     `json:"url"`
}

type slugPath struct {
	Slug string `path:"slug"`
}

func (a *api) routeOutages() {
	handle(a, route{method: http.MethodPost, path: "/outages", id: "open-outage", scope: models.ScopePublish, status: http.StatusCreated,
		summary: "Create an outage"}, a.createOutage)
	handle(a, route{method: http.MethodGet, path: "/outages/{slug}", id: "get-outage",
		summary: "An outage and its current state"}, a.getOutage)
}

func (a *api) createOutage(ctx context.Context, in *body[newOutage]) (*body[outage], error) {
	opened, err := a.store.CreateOutage(ctx, models.NewOutage{
		Slug: in.Body.Slug, Headline: in.Body.Headline, Standfirst: in.Body.Standfirst,
		Apps: in.Body.Apps, States: in.Body.States, BeganAt: in.Body.BeganAt, Actor: actorOf(ctx),
	})
	if err != nil {
		return nil, err
	}
	slugs, states := make([]string, len(opened.Apps)), map[string]models.AppState{}
	for i, app := range opened.Apps {
		slugs[i], states[app.Slug] = app.Slug, app.State
	}
	return &body[outage]{outage{
		Slug: opened.Slug, Headline: opened.Headline, Standfirst: opened.Standfirst, State: string(opened.State),
		Apps: slugs, States: states, BeganAt: opened.BeganAt, ResolvedAt: opened.ResolvedAt, URL: a.site.OutageURL(opened.Slug),
	}}, nil
}

func (a *api) getOutage(ctx context.Context, in *slugPath) (*body[outageNow], error) {
	found, err := a.store.Outage(ctx, in.Slug)
	if err != nil {
		return nil, err
	}
	named, err := a.store.AppsOfOutage(ctx, found)
	apps := make([]app, len(named))
	for i, n := range named {
		apps[i] = a.app(n)
	}
	return &body[outageNow]{outageNow{
		Slug: found.Slug, Headline: found.Headline, Standfirst: found.Standfirst, State: string(found.State),
		Apps: apps, BeganAt: found.BeganAt, ResolvedAt: found.ResolvedAt, URL: a.site.OutageURL(found.Slug),
	}}, err
}
