package handlers

import (
	"context"
	"net/http"
	"time"

	"newsbell/models"
)

type newOutage struct {
	Slug       string    `json:"slug"`
	Headline   string    `json:"headline"`
	Standfirst string    `json:"standfirst,omitempty"`
	Apps       []string  `json:"apps" doc:"Slugs of the apps that it began with."`
	BeganAt    time.Time `json:"began_at,omitzero" required:"false" doc:"Default: now."`
}

type outage struct {
	Slug       string     `json:"slug"`
	Headline   string     `json:"headline"`
	Standfirst string     `json:"standfirst"`
	State      string     `json:"state"`
	Apps       []string   `json:"apps"`
	BeganAt    time.Time  `json:"began_at"`
	ResolvedAt *time.Time `json:"resolved_at"`
	URL        string     `json:"url"`
}

func (a *api) routeOutages() {
	handle(a, route{method: http.MethodPost, path: "/outages", id: "open-outage", who: "editor", status: http.StatusCreated,
		summary: "Open an outage"}, a.createOutage)
}

func (a *api) createOutage(ctx context.Context, in *body[newOutage]) (*body[outage], error) {
	opened, err := a.store.CreateOutage(ctx, models.NewOutage{
		Slug: in.Body.Slug, Headline: in.Body.Headline, Standfirst: in.Body.Standfirst,
		Apps: in.Body.Apps, BeganAt: in.Body.BeganAt, Actor: editorOf(ctx),
	})
	if err != nil {
		return nil, err
	}
	slugs := make([]string, len(opened.Apps))
	for i, app := range opened.Apps {
		slugs[i] = app.Slug
	}
	return &body[outage]{outage{
		Slug: opened.Slug, Headline: opened.Headline, Standfirst: opened.Standfirst, State: string(opened.State),
		Apps: slugs, BeganAt: opened.BeganAt, ResolvedAt: opened.ResolvedAt, URL: a.outageURL(opened.Slug),
	}}, nil
}

func (s *server) outageURL(slug string) string { return s.baseURL + "/outages/" + slug }
