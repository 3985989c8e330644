package models

import (
	"context"
	"fmt"
	"strings"

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
	var p problems
	if !found || t.Kind != OutageTopic && t.Kind != AppTopic {
		p.add("topic", `must be "outage/<slug>" or "app/<slug>"`)
		return Topic{}, p.err()
	}
	p.slug("topic", slug)
	return t, p.err()
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

// namedTopic is a topic with what people call it.
type namedTopic struct {
	Topic
	Name string
}

func findNamedTopic(tx *gorm.DB, t Topic) (namedTopic, error) {
	found, err := findTopic(tx, t)
	if err != nil {
		return namedTopic{}, err
	}
	named := namedTopic{Topic: found}
	query := tx.Model(&Outage{}).Select("headline")
	if t.Kind == AppTopic {
		query = tx.Model(&App{}).Select("name")
	}
	return named, query.Where("slug = ?", t.Slug).Row().Scan(&named.Name)
}

// TopicName is what people call a topic: an app's name, an outage's headline.
func (s *Store) TopicName(ctx context.Context, t Topic) (string, error) {
	named, err := findNamedTopic(s.read.WithContext(ctx), t)
	return named.Name, err
}
