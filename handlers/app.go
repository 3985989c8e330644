package handlers

import (
	"context"
	"net/http"

	"newsbell/models"
)

type newApp struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
}

type app struct {
	Slug  string `json:"slug"`
	Name  string `json:"name"`
	State string `json:"state"`
	URL   string `json:"url"`
}

func (a *api) routeApps() {
	handle(a, route{method: http.MethodPost, path: "/apps", id: "create-app", who: "editor", status: http.StatusCreated,
		summary: "Make an app"}, a.createApp)
}

func (a *api) createApp(ctx context.Context, in *body[newApp]) (*body[app], error) {
	made, err := a.store.CreateApp(ctx, models.NewApp{Slug: in.Body.Slug, Name: in.Body.Name, Actor: editorOf(ctx)})
	return &body[app]{app{Slug: made.Slug, Name: made.Name, State: string(made.State), URL: a.baseURL + "/apps/" + made.Slug}}, err
}
