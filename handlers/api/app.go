package api

import (
	"context"
	"net/http"
	"time"

	"newsbell/models"
)

type newApp struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
}

type app struct {
	Slug  string `json:"slug"`
	Name  string `json:"name"`
	State string `json:"state" doc:"up, failing or recovering."`
	// RetiredAt is since when it is not covered any more.
	RetiredAt *time.Time `json:"retired_at,omitempty" doc:"Since when the app is not covered any more: a new outage cannot name it. Missing if it is covered."`
	URL       string     `json:"url"`
}

func (a *api) routeApps() {
	handle(a, route{method: http.MethodPost, path: "/apps", id: "create-app", scope: models.ScopePublish, status: http.StatusCreated,
		summary: "Create an app"}, a.createApp)
	handle(a, route{method: http.MethodGet, path: "/apps/{slug}", id: "get-app",
		summary: "An app and its current state"}, a.getApp)
}

func (a *api) createApp(ctx context.Context, in *body[newApp]) (*body[app], error) {
	made, err := a.store.CreateApp(ctx, models.NewApp{Slug: in.Body.Slug, Name: in.Body.Name, Actor: actorOf(ctx)})
	return &body[app]{a.app(made)}, err
}

func (a *api) getApp(ctx context.Context, in *slugPath) (*body[app], error) {
	found, err := a.store.App(ctx, in.Slug)
	return &body[app]{a.app(found)}, err
}

func (a *api) app(m models.App) app {
	return app{Slug: m.Slug, Name: m.Name, State: string(m.State), RetiredAt: m.RetiredAt, URL: a.site.AppURL(m.Slug)}
}
