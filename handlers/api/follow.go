package api

import (
	"context"
	"net/http"
	"time"

	"newsbell/models"
)

type follow struct {
	Topic string  `json:"topic"`
	Level *string `json:"level" doc:"all, key or resolution; null if the outage is only muted."`
	Muted string  `json:"muted" doc:"no, until_resolution or for_good. The level counts again when the mute ends."`
	Name  string  `json:"name" doc:"The app's name or the outage's headline."`
	State string  `json:"state" doc:"For an app: up, failing, recovering, or retired if it is not covered any more. For an outage: ongoing or resolved."`
	// EndsAt is null unless the topic is a resolved outage.
	EndsAt *time.Time `json:"ends_at" doc:"When the follow ends automatically, because its outage is resolved."`
}

// TopicPath is the path of a topic.
type TopicPath struct {
	Kind string `path:"kind" doc:"outage or app"`
	Slug string `path:"slug"`
}

type followChange struct {
	TopicPath
	Body FollowBody
}

// FollowBody is a level, a mute, or both.
type FollowBody struct {
	Level string `json:"level,omitempty" doc:"all, key or resolution. Default: unchanged. Without muted it also ends a mute. Older clients send the levels muted and hushed, which mean muted: for_good and until_resolution."`
	Muted string `json:"muted,omitempty" doc:"For an outage: until_resolution, for_good, or no. no ends a mute: the level counts again, and without a level the follow ends."`
}

func (a *api) routeFollows() {
	const path = "/subscription/follows/{kind}/{slug}"
	handle(a, route{method: http.MethodPut, path: path, id: "follow", who: "reader",
		summary: "Follow a topic, change the level, or mute an outage"}, a.follow)
	handle(a, route{method: http.MethodDelete, path: path, id: "unfollow", who: "reader", status: http.StatusNoContent,
		summary: "Unfollow a topic"}, a.unfollow)
}

func (a *api) follow(ctx context.Context, in *followChange) (*body[follow], error) {
	topic, err := in.topic()
	if err != nil {
		return nil, err
	}
	change := models.NewFollow{Topic: topic.String(), Level: in.Body.Level, Muted: in.Body.Muted}
	if err := a.store.Follow(ctx, readerOf(ctx), change); err != nil {
		return nil, err
	}
	now, err := a.followOf(ctx, topic)
	return &body[follow]{now}, err
}

// followOf returns the reader's current follow of a topic. Without one, it returns the
// topic without a level.
func (a *api) followOf(ctx context.Context, topic models.Topic) (follow, error) {
	follows, err := a.follows(ctx, readerOf(ctx))
	if err != nil {
		return follow{}, err
	}
	for _, f := range follows {
		if f.Topic == topic.String() {
			return f, nil
		}
	}
	named, err := a.store.NamedTopic(ctx, topic)
	return follow{
		Topic: topic.String(), Muted: models.NotMuted.String(), Name: named.Name, State: named.State, EndsAt: named.EndsAt,
	}, err
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
		follows[i] = follow{Topic: f.Topic.String(), Muted: f.Muted.String(), Name: f.Name, State: f.State, EndsAt: f.EndsAt}
		if level := f.Level.String(); level != "" {
			follows[i].Level = &level
		}
	}
	return follows
}
