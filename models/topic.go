package models

import (
	"context"
	"fmt"
	"strings"
	"time"

	"newsbell/models/validation"

	"gorm.io/gorm"
)

// TopicKind says what a topic is about.
type TopicKind string

const (
	OutageTopic TopicKind = "outage"
	AppTopic    TopicKind = "app"
)

// Topic is what can be followed, written "outage/<slug>" or "app/<slug>".
type Topic struct {
	ID   int64
	Kind TopicKind
	Slug string
}

// ParseTopic reads "outage/<slug>" or "app/<slug>". The topic has no ID, and
// may not exist.
func ParseTopic(s string) (Topic, error) {
	kind, slug, found := strings.Cut(s, "/")
	t := Topic{Kind: TopicKind(kind), Slug: slug}
	var p validation.Problems
	if !found || t.Kind != OutageTopic && t.Kind != AppTopic {
		p.Add("topic", `must be "outage/<slug>" or "app/<slug>"`)
		return Topic{}, p.Err()
	}
	p.Slug("topic", slug)
	return t, p.Err()
}

// String is the topic as the API writes it.
func (t Topic) String() string { return string(t.Kind) + "/" + t.Slug }

func findTopic(db *gorm.DB, t Topic) (Topic, error) {
	var found Topic
	if err := db.Take(&found, "kind = ? AND slug = ?", t.Kind, t.Slug).Error; err != nil {
		return Topic{}, fmt.Errorf("topic %s: %w", t, domain(err))
	}
	return found, nil
}

// NamedTopic is a topic with its name and state.
type NamedTopic struct {
	Topic
	// Name is an app's name, or an outage's headline.
	Name string
	// State is that of the app or the outage.
	State string
	// EndsAt is when its follows end by themselves; nil unless it is an outage
	// that is resolved.
	EndsAt *time.Time
}

// NamedTopic finds a topic with its name and state.
func (s *Store) NamedTopic(ctx context.Context, t Topic) (NamedTopic, error) {
	return findNamedTopic(s.db.Read.WithContext(ctx), t)
}

func findNamedTopic(tx *gorm.DB, t Topic) (NamedTopic, error) {
	found, err := findTopic(tx, t)
	if err != nil {
		return NamedTopic{}, err
	}
	if t.Kind == AppTopic {
		var app App
		err := tx.Take(&app, "slug = ?", t.Slug).Error
		return NamedTopic{Topic: found, Name: app.Name, State: string(app.ShownState())}, err
	}
	var outage Outage
	err = tx.Take(&outage, "slug = ?", t.Slug).Error
	return NamedTopic{Topic: found, Name: outage.Headline, State: string(outage.State), EndsAt: outage.FollowsEndAt()}, err
}

// admits returns an error if the topic cannot be followed at a level: a resolved outage
// sends nothing more. A browser that subscribed before the resolution may follow it
// again until all of its follows end.
func (t NamedTopic) admits(level Level, subscribedAt, now time.Time) error {
	if t.EndsAt == nil || level == LevelNone || subscribedAt.Before(t.EndsAt.Add(-followsOutlast)) && now.Before(*t.EndsAt) {
		return nil
	}
	var p validation.Problems
	p.Add("topic", "the outage is resolved; follow one of its apps")
	return p.Err()
}

// outlived makes sure that a new follow of a resolved outage ends too, even if the
// others have ended already.
func (t NamedTopic) outlived(tx *gorm.DB) error {
	if t.EndsAt == nil {
		return nil
	}
	return tx.Model(&Outage{}).Where("slug = ?", t.Slug).Update("follows_ended_at", nil).Error
}
