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
	// LevelHushed is as LevelMuted until the outage's resolution, which it lets
	// through.
	LevelHushed
)

var levelNames = []string{"all", "key", "resolution", "muted", "hushed"}

// ParseLevel reads a level as the API writes it.
func ParseLevel(name string) (Level, error) {
	if i := slices.Index(levelNames, name); i >= 0 {
		return Level(i), nil
	}
	var p problems
	p.add("level", `must be "all", "key", "resolution", "muted" or "hushed"`)
	return 0, p.err()
}

// String is the level as the API writes it.
func (l Level) String() string { return levelNames[l] }

// silences says that the follow is there to hear less of an outage, not more.
func (l Level) silences() bool { return l >= LevelMuted }

// Follow is one subscription's wish to hear of a topic.
type Follow struct {
	TopicID        int64 `gorm:"primaryKey;autoIncrement:false"`
	SubscriptionID int64 `gorm:"primaryKey;autoIncrement:false"`
	Level          Level
	CreatedAt      time.Time
	Topic          Topic
	// Name, State and EndsAt are those of its [NamedTopic].
	Name   string     `gorm:"-"`
	State  string     `gorm:"-"`
	EndsAt *time.Time `gorm:"-"`
}

// NewFollow is a follow to be made, as the API writes it.
type NewFollow struct{ Topic, Level string }

func (n NewFollow) parse() (Topic, Level, error) {
	topic, err := ParseTopic(n.Topic)
	if err != nil {
		return Topic{}, 0, err
	}
	level, err := ParseLevel(n.Level)
	if err == nil && level.silences() && topic.Kind != OutageTopic {
		var p problems
		p.add("level", "only an outage can be muted or hushed")
		err = p.err()
	}
	return topic, level, err
}

// Follows are what a subscription follows, the oldest first.
func (s *Store) Follows(ctx context.Context, sub Subscription) ([]Follow, error) {
	rows, err := s.reads.QueryContext(ctx, s.dialect.rebind(`
		SELECT f.level, f.created_at, t.id, t.kind, t.slug, COALESCE(a.name, o.headline), COALESCE(a.state, o.state), o.resolved_at
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
		var outage Outage
		err := rows.Scan(&f.Level, &f.CreatedAt, &f.Topic.ID, &f.Topic.Kind, &f.Topic.Slug, &f.Name, &f.State, &outage.ResolvedAt)
		if err != nil {
			return nil, fmt.Errorf("follows: %w", err)
		}
		f.TopicID, f.EndsAt = f.Topic.ID, outage.FollowsEndAt()
		follows = append(follows, f)
	}
	return follows, rows.Err()
}

// Follow makes or changes one follow, from the next alert on. A topic that
// does not exist is an [ErrNotFound]. A resolved outage is [Invalid], except to
// hear less of it.
func (s *Store) Follow(ctx context.Context, sub Subscription, n NewFollow) error {
	topic, level, err := n.parse()
	if err != nil {
		return err
	}
	return s.transaction(ctx, func(tx *gorm.DB) error {
		found, err := findNamedTopic(tx, topic)
		if err == nil {
			err = found.admits(level)
		}
		if err == nil {
			err = found.outlived(tx)
		}
		if err != nil {
			return err
		}
		err = tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "topic_id"}, {Name: "subscription_id"}},
			DoUpdates: clause.AssignmentColumns([]string{"level"}),
		}).Create(&Follow{TopicID: found.ID, SubscriptionID: sub.ID, Level: level, CreatedAt: s.Now()}).Error
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

// parsedFollow is a follow of a new subscription, as it was read.
type parsedFollow struct {
	topic Topic
	level Level
	// field is where it stands in the input.
	field string
}

// parseFollows reads the follows of a new subscription; a topic named twice
// keeps its last level.
func parseFollows(follows []NewFollow) ([]parsedFollow, error) {
	var p problems
	parsed := make([]parsedFollow, 0, len(follows))
	for i, follow := range follows {
		field := fmt.Sprintf("follows[%d]", i)
		topic, level, err := follow.parse()
		if err != nil {
			p.nested(field, err)
			continue
		}
		parsed = slices.DeleteFunc(parsed, func(f parsedFollow) bool { return f.topic == topic })
		parsed = append(parsed, parsedFollow{topic, level, field})
	}
	return parsed, p.err()
}

// makeFollows makes the follows of a new subscription, yet without its ID. The
// topics that it finds are there for the next one's.
func makeFollows(tx *gorm.DB, parsed []parsedFollow, topics map[Topic]NamedTopic, now time.Time) ([]Follow, error) {
	var p problems
	follows := make([]Follow, 0, len(parsed))
	for _, f := range parsed {
		topic, found := topics[f.topic]
		if !found {
			var err error
			if topic, err = findNamedTopic(tx, f.topic); err != nil {
				return nil, err
			}
			topics[f.topic] = topic
		}
		if err := topic.admits(f.level); err != nil {
			p.nested(f.field, err)
			continue
		}
		if err := topic.outlived(tx); err != nil {
			return nil, err
		}
		follows = append(follows, Follow{
			TopicID: topic.ID, Level: f.level, CreatedAt: now,
			Topic: topic.Topic, Name: topic.Name, State: topic.State, EndsAt: topic.EndsAt,
		})
	}
	return follows, p.err()
}
