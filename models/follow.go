package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Level says which alerts of a topic a follow lets through. A smaller level
// lets more through.
type Level int8

const (
	// LevelAll lets every alert through.
	LevelAll Level = iota
	// LevelKey lets key moments and the resolution through.
	LevelKey
	// LevelResolution lets only "it's back" through.
	LevelResolution
	// LevelMuted keeps an outage silent, also for who follows its apps.
	LevelMuted
)

var levelNames = []string{"all", "key", "resolution", "muted"}

// ParseLevel reads a level as the API writes it.
func ParseLevel(name string) (Level, error) {
	if i := slices.Index(levelNames, name); i >= 0 {
		return Level(i), nil
	}
	var p problems
	p.add("level", `must be "all", "key", "resolution" or "muted"`)
	return 0, p.err()
}

// String is the level as the API writes it.
func (l Level) String() string { return levelNames[l] }

// Follow is one subscription's wish to hear of a topic.
type Follow struct {
	TopicID        int64 `gorm:"primaryKey;autoIncrement:false"`
	SubscriptionID int64 `gorm:"primaryKey;autoIncrement:false"`
	Level          Level
	CreatedAt      time.Time
	Topic          Topic
	// Name is what people call the topic.
	Name string `gorm:"-"`
}

// NewFollow is a follow to be made, as the API writes it.
type NewFollow struct{ Topic, Level string }

func (n NewFollow) parse() (Topic, Level, error) {
	topic, err := ParseTopic(n.Topic)
	if err != nil {
		return Topic{}, 0, err
	}
	level, err := ParseLevel(n.Level)
	if err == nil && level == LevelMuted && topic.Kind != OutageTopic {
		var p problems
		p.add("level", "only an outage can be muted")
		err = p.err()
	}
	return topic, level, err
}

// Follows are what a subscription follows, the oldest first.
func (s *Store) Follows(ctx context.Context, sub Subscription) ([]Follow, error) {
	rows, err := s.reads.QueryContext(ctx, s.dialect.rebind(`
		SELECT f.level, f.created_at, t.id, t.kind, t.slug, COALESCE(a.name, o.headline)
		FROM follows f JOIN topics t ON t.id = f.topic_id
		LEFT JOIN apps a ON t.kind = 'app' AND a.slug = t.slug
		LEFT JOIN outages o ON t.kind = 'outage' AND o.slug = t.slug
		WHERE f.subscription_id = ? ORDER BY f.created_at, t.id`), sub.ID)
	if err != nil {
		return nil, fmt.Errorf("follows: %w", err)
	}
	defer rows.Close()
	var follows []Follow
	for rows.Next() {
		f := Follow{SubscriptionID: sub.ID}
		if err := rows.Scan(&f.Level, &f.CreatedAt, &f.Topic.ID, &f.Topic.Kind, &f.Topic.Slug, &f.Name); err != nil {
			return nil, fmt.Errorf("follows: %w", err)
		}
		f.TopicID = f.Topic.ID
		follows = append(follows, f)
	}
	return follows, rows.Err()
}

// Follow makes or changes one follow, from the next alert on. A topic that
// does not exist is an [ErrNotFound].
func (s *Store) Follow(ctx context.Context, sub Subscription, n NewFollow) error {
	topic, level, err := n.parse()
	if err != nil {
		return err
	}
	return s.transaction(ctx, func(tx *gorm.DB) error {
		if topic, err = findTopic(tx, topic); err != nil {
			return err
		}
		err = tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "topic_id"}, {Name: "subscription_id"}},
			DoUpdates: clause.AssignmentColumns([]string{"level"}),
		}).Create(&Follow{TopicID: topic.ID, SubscriptionID: sub.ID, Level: level, CreatedAt: s.Now()}).Error
		if err != nil {
			return err
		}
		return dropCatchUps(tx, sub.ID)
	})
}

// Unfollow ends one follow; it is no error when there is none.
func (s *Store) Unfollow(ctx context.Context, sub Subscription, topic Topic) error {
	return s.transaction(ctx, func(tx *gorm.DB) error {
		found, err := findTopic(tx, topic)
		if err != nil {
			return err
		}
		if err := tx.Delete(&Follow{}, "topic_id = ? AND subscription_id = ?", found.ID, sub.ID).Error; err != nil {
			return err
		}
		return dropCatchUps(tx, sub.ID)
	})
}

// parseFollows reads the follows of a new subscription and finds their topics.
func parseFollows(tx *gorm.DB, wishes []NewFollow, now time.Time) ([]Follow, error) {
	levels, err := parseLevels(wishes)
	if err != nil {
		return nil, err
	}
	follows := make([]Follow, 0, len(levels))
	for topic, level := range levels {
		found, err := findTopic(tx, topic)
		if err != nil {
			return nil, err
		}
		follows = append(follows, Follow{TopicID: found.ID, Level: level, CreatedAt: now})
	}
	return follows, nil
}

// parseLevels reads the follows of a new subscription; a topic named twice
// keeps its last level.
func parseLevels(wishes []NewFollow) (map[Topic]Level, error) {
	var p problems
	levels := map[Topic]Level{}
	for i, wish := range wishes {
		topic, level, err := wish.parse()
		if err != nil {
			p.nested(fmt.Sprintf("follows[%d]", i), err)
			continue
		}
		levels[topic] = level
	}
	return levels, p.err()
}
