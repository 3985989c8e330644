package handlers

import (
	"context"
	"net/http"
	"time"

	"newsbell/models"
)

type follow struct {
	Topic string `json:"topic"`
	Level string `json:"level"`
	Name  string `json:"name" doc:"The app's name or the outage's headline."`
	State string `json:"state" doc:"Of an app: up, failing or recovering. Of an outage: ongoing or resolved."`
	// EndsAt is null unless the topic is a resolved outage.
	EndsAt *time.Time `json:"ends_at" doc:"When the follow ends by itself, since its outage is resolved."`
}

type TopicPath struct {
	Kind string `path:"kind" doc:"outage or app"`
	Slug string `path:"slug"`
}

type followChange struct {
	TopicPath
	Body struct {
		Level string `json:"level" doc:"all, key, resolution or, of an outage, muted or hushed"`
	}
}

func (a *api) routeFollows() {
	const path = "/subscription/follows/{kind}/{slug}"
	handle(a, route{method: http.MethodPut, path: path, id: "follow", who: "reader",
		summary: "Follow a topic, or change the level"}, a.follow)
	handle(a, route{method: http.MethodDelete, path: path, id: "unfollow", who: "reader", status: http.StatusNoContent,
		summary: "Unfollow a topic"}, a.unfollow)
}

func (a *api) follow(ctx context.Context, in *followChange) (*body[follow], error) {
	topic, err := in.topic()
	if err != nil {
		return nil, err
	}
	wish := models.NewFollow{Topic: topic.String(), Level: in.Body.Level}
	if err := a.store.Follow(ctx, readerOf(ctx), wish); err != nil {
		return nil, err
	}
	named, err := a.store.NamedTopic(ctx, topic)
	return &body[follow]{follow{
		Topic: topic.String(), Level: in.Body.Level, Name: named.Name, State: named.State, EndsAt: named.EndsAt,
	}}, err
}

func (a *api) unfollow(ctx context.Context, in *TopicPath) (*nothing, error) {
	topic, err := in.topic()
	if err != nil {
		return nil, err
	}
	return nil, a.store.Unfollow(ctx, readerOf(ctx), topic)
}

func (p TopicPath) topic() (models.Topic, error) { return models.ParseTopic(p.Kind + "/" + p.Slug) }

func (a *api) follows(ctx context.Context, sub models.Subscription) ([]follow, error) {
	stored, err := a.store.Follows(ctx, sub)
	if err != nil {
		return nil, err
	}
	return followsOf(stored), nil
}

func followsOf(stored []models.Follow) []follow {
	follows := make([]follow, len(stored))
	for i, f := range stored {
		follows[i] = follow{Topic: f.Topic.String(), Level: f.Level.String(), Name: f.Name, State: f.State, EndsAt: f.EndsAt}
	}
	return follows
}
