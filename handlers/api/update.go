package api

import (
	"context"
	"net/http"
	"time"

	"newsbell/models"
	"newsbell/static"
)

type newUpdate struct {
	Slug string `path:"slug"`
	// Key has no length here: the domain checks it with the rest.
	Key  string `header:"Idempotency-Key" doc:"At most 255 bytes, such as a UUID. A request that is sent again with the same key publishes nothing and gets the first answer."`
	Body struct {
		Kind        string                     `json:"kind" doc:"update, resolution or correction"`
		Alert       string                     `json:"alert" doc:"none, all or key"`
		Apps        []string                   `json:"apps,omitempty" doc:"Slugs of the apps that the update concerns."`
		States      map[string]models.AppState `json:"states,omitempty" doc:"New states of apps, by slug: up, failing or recovering."`
		Headline    string                     `json:"headline"`
		Body        string                     `json:"body,omitempty" doc:"Markdown without HTML: tags are shown as text, and an image as a link to it."`
		Corrects    *int64                     `json:"corrects,omitempty" nullable:"true" doc:"For a correction: the number of the update that it corrects, of the same outage."`
		UndoSeconds *float64                   `json:"undo_seconds,omitempty" doc:"The undo window: how long the update can be undone by stopping its alert. Until it ends, nothing is sent and readers do not see the update; 0 publishes and sends at once. An update without an alert is visible at once."`
		Again       bool                       `json:"again,omitempty" doc:"Send an alert although one in the same words was sent for this outage in the last ten minutes, which is a conflict otherwise."`
	}
}

// Update is an update in the API's responses.
type Update struct {
	ID          int64                      `json:"id"`
	Kind        string                     `json:"kind"`
	Alert       string                     `json:"alert"`
	Apps        []string                   `json:"apps"`
	States      map[string]models.AppState `json:"states"`
	Headline    string                     `json:"headline"`
	Body        string                     `json:"body"`
	Corrects    *int64                     `json:"corrects" doc:"The update that this correction corrects."`
	PublishedAt time.Time                  `json:"published_at" doc:"When readers saw it first; in the undo window, when it was sent to this server."`
	URL         string                     `json:"url"`
}

type publication struct {
	Update Update `json:"update"`
	Alert  *alert `json:"alert" doc:"null if the update sends no alert"`
}

func (a *api) routeUpdates() {
	handle(a, route{method: http.MethodPost, path: "/outages/{slug}/updates", id: "publish", scope: models.ScopePublish,
		status: http.StatusCreated, summary: "Publish an update"}, a.publish)
}

func (a *api) publish(ctx context.Context, in *newUpdate) (*body[publication], error) {
	published, err := a.publisher.Update(ctx, in.draft(actorOf(ctx)))
	if err != nil {
		return nil, err
	}
	out := publication{Update: UpdateOf(a.site, in.Slug, published.Update)}
	if published.Alert != nil {
		// Built from the publication itself, without a query that could fail after the
		// update was published.
		out.Alert = alertOf(*published.Alert, in.Slug, models.Counts{})
	}
	return &body[publication]{out}, nil
}

func (in *newUpdate) draft(actor string) models.Draft {
	d := models.Draft{
		Outage: in.Slug, Kind: models.UpdateKind(in.Body.Kind), Alert: models.AlertLevel(in.Body.Alert),
		Apps: in.Body.Apps, States: in.Body.States, Headline: in.Body.Headline, Body: in.Body.Body,
		Again: in.Body.Again, RequestKey: in.Key, Actor: actor,
	}
	if in.Body.Corrects != nil {
		d.Corrects = *in.Body.Corrects
	}
	if in.Body.UndoSeconds != nil {
		window := time.Duration(*in.Body.UndoSeconds * float64(time.Second))
		d.UndoWindow = &window
	}
	return d
}

// UpdateOf returns the answer for an update of an outage, given by its slug.
func UpdateOf(site static.Site, outage string, u models.Update) Update {
	out := Update{
		ID: u.ID, Kind: string(u.Kind), Alert: string(u.AlertLevel), Apps: []string{}, States: map[string]models.AppState{},
		Headline: u.Headline, Body: u.Body, Corrects: u.CorrectsID, PublishedAt: u.PublishedAt, URL: site.UpdateURL(outage, u.ID),
	}
	for _, concerned := range u.Apps {
		out.Apps = append(out.Apps, concerned.App.Slug)
		if concerned.State != nil {
			out.States[concerned.App.Slug] = *concerned.State
		}
	}
	return out
}
