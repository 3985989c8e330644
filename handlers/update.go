package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"newsbell/models"
)

type newUpdate struct {
	Slug string `path:"slug"`
	Body struct {
		Kind        string                     `json:"kind" doc:"update, resolution or correction"`
		Alert       string                     `json:"alert" doc:"none, all or key"`
		Apps        []string                   `json:"apps,omitempty" doc:"Slugs of the apps that it concerns."`
		States      map[string]models.AppState `json:"states,omitempty" doc:"States that it sets, by the app's slug: up, failing or recovering."`
		Headline    string                     `json:"headline"`
		Body        string                     `json:"body,omitempty" doc:"Markdown without HTML: tags are shown as they are written, and an image as a link to it."`
		Corrects    *int64                     `json:"corrects,omitempty" nullable:"true" doc:"The number of the update, of the same outage, that a correction corrects."`
		UndoSeconds *float64                   `json:"undo_seconds,omitempty" doc:"How long the alert can be taken back; 0 sends it at once."`
	}
}

type update struct {
	ID          int64                      `json:"id"`
	Kind        string                     `json:"kind"`
	Alert       string                     `json:"alert"`
	Apps        []string                   `json:"apps"`
	States      map[string]models.AppState `json:"states"`
	Headline    string                     `json:"headline"`
	Body        string                     `json:"body"`
	Corrects    *int64                     `json:"corrects" doc:"The update that this correction corrects."`
	PublishedAt time.Time                  `json:"published_at"`
	URL         string                     `json:"url"`
}

type publication struct {
	Update update `json:"update"`
	Alert  *alert `json:"alert" doc:"null when the update has none"`
}

func (a *api) routeUpdates() {
	handle(a, route{method: http.MethodPost, path: "/outages/{slug}/updates", id: "publish", who: "editor",
		status: http.StatusCreated, summary: "Publish an update"}, a.publish)
}

func (a *api) publish(ctx context.Context, in *newUpdate) (*body[publication], error) {
	published, err := a.server.publish(ctx, in.draft(editorOf(ctx)))
	if err != nil {
		return nil, err
	}
	out := publication{Update: a.update(in.Slug, published.Update)}
	if published.Alert != nil {
		// From what was written: nothing that is published may answer an error.
		out.Alert = alertView(*published.Alert, in.Slug, models.Counts{})
	}
	return &body[publication]{out}, nil
}

// publish writes a draft and tells open pages and the notifier, which find out
// by themselves when they are not told.
func (s *server) publish(ctx context.Context, d models.Draft) (models.Publication, error) {
	published, err := s.store.Publish(ctx, d)
	if err != nil {
		return published, err
	}
	if published.Alert != nil {
		s.tell(models.SubjectPublished, models.AlertEvent{AlertID: published.Alert.ID})
	}
	s.tell(models.SubjectUpdates, models.UpdateEvent{Outage: d.Outage, UpdateID: published.Update.ID})
	return published, nil
}

// tell says on the bus what is in the database already.
func (s *server) tell(subject string, event any) {
	message, err := json.Marshal(event)
	if err == nil {
		err = s.bus.Publish(subject, message)
	}
	if err != nil {
		s.log.Warn("the bus did not hear what was published; a sweep will find it", "subject", subject, "error", err)
	}
}

func (in *newUpdate) draft(actor string) models.Draft {
	d := models.Draft{
		Outage: in.Slug, Kind: models.UpdateKind(in.Body.Kind), Alert: models.AlertLevel(in.Body.Alert),
		Apps: in.Body.Apps, States: in.Body.States, Headline: in.Body.Headline, Body: in.Body.Body, Actor: actor,
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

func (s *server) update(outage string, u models.Update) update {
	out := update{
		ID: u.ID, Kind: string(u.Kind), Alert: string(u.AlertLevel), Apps: []string{}, States: map[string]models.AppState{},
		Headline: u.Headline, Body: u.Body, Corrects: u.CorrectsID, PublishedAt: u.PublishedAt, URL: s.updateURL(outage, u.ID),
	}
	for _, concerned := range u.Apps {
		out.Apps = append(out.Apps, concerned.App.Slug)
		if concerned.State != nil {
			out.States[concerned.App.Slug] = *concerned.State
		}
	}
	return out
}

func (s *server) updateURL(outage string, id int64) string {
	return fmt.Sprintf("%s#update-%d", s.outageURL(outage), id)
}
