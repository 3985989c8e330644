package models

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"newsbell/models/validation"
)

// Follow is what one subscription chose for a topic: a minimum level, a mute, or
// both.
type Follow struct {
	TopicID        int64 `gorm:"primaryKey;autoIncrement:false"`
	SubscriptionID int64 `gorm:"primaryKey;autoIncrement:false"`
	Level          Level `gorm:"column:min_level"`
	Muted          Mute
	CreatedAt      time.Time
	Topic          Topic
	// Name, State and EndsAt are those of its [NamedTopic].
	Name   string     `gorm:"-"`
	State  string     `gorm:"-"`
	EndsAt *time.Time `gorm:"-"`
}

// NewFollow is a follow to be created or changed, as the API writes it. Without a level
// the level does not change. Without a mute, a level ends the mute.
type NewFollow struct{ Topic, Level, Muted string }

func (n NewFollow) parse() (f followChange, err error) {
	if f.topic, err = ParseTopic(n.Topic); err != nil {
		return f, err
	}
	field := "muted"
	if mute, isMute := mutesOnceLevels[n.Level]; isMute {
		n.Level, n.Muted, field = "", mute.String(), "level"
	}
	f.level = LevelNone
	if n.Level != "" || n.Muted == "" {
		if f.level, err = ParseLevel(n.Level); err != nil {
			return f, err
		}
	}
	if n.Muted != "" {
		f.muted, err = ParseMute(n.Muted)
	}
	if err == nil && f.muted != NotMuted && f.topic.Kind != OutageTopic {
		var p validation.Problems
		p.Add(field, "only an outage can be muted")
		err = p.Err()
	}
	return f, err
}

// followChange is a [NewFollow] after parsing.
type followChange struct {
	topic Topic
	// level is [LevelNone] if it does not change.
	level Level
	muted Mute
	// field names its place in the input, if there are several.
	field string
}

// endsMute reports whether the change only ends a mute.
func (f followChange) endsMute() bool { return f.level == LevelNone && f.muted == NotMuted }

// Follows returns what a subscription follows, the oldest first.
func (s *Store) Follows(ctx context.Context, sub Subscription) ([]Follow, error) {
	rows, err := s.db.Reads.QueryContext(ctx, s.db.Rebind(`
		SELECT f.min_level, f.muted, f.created_at, t.id, t.kind, t.slug, COALESCE(a.name, o.headline), CASE WHEN a.retired_at IS NOT NULL THEN 'retired' ELSE COALESCE(a.state, o.state) END, o.resolved_at
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
		err := rows.Scan(&f.Level, &f.Muted, &f.CreatedAt, &f.Topic.ID, &f.Topic.Kind, &f.Topic.Slug, &f.Name, &f.State, &outage.ResolvedAt)
		if err != nil {
			return nil, fmt.Errorf("follows: %w", err)
		}
		f.TopicID, f.EndsAt = f.Topic.ID, outage.FollowsEndAt()
		follows = append(follows, f)
	}
	return follows, rows.Err()
}

// Follow creates or changes one follow, from the next alert on. A topic that does not
// exist is an [ErrNotFound]. A resolved outage is a [*validation.Invalid], unless the
// change is only a mute, or the browser subscribed before it was resolved. When a mute
// ends, the level from before is back; without one the follow ends.
func (s *Store) Follow(ctx context.Context, sub Subscription, n NewFollow) error {
	change, err := n.parse()
	if err != nil {
		return err
	}
	return s.transaction(ctx, func(tx *gorm.DB) error {
		found, err := findNamedTopic(tx, change.topic)
		if err == nil {
			err = found.admits(change.level, sub.CreatedAt, s.Now())
		}
		if err == nil {
			err = found.outlived(tx)
		}
		if err == nil {
			err = s.writeFollow(tx, Follow{
				TopicID: found.ID, SubscriptionID: sub.ID, Level: change.level, Muted: change.muted, CreatedAt: s.Now(),
			})
		}
		if err != nil {
			return err
		}
		return dropCatchUps(tx, sub.ID)
	})
}

// writeFollow inserts a follow or changes the existing one.
func (s *Store) writeFollow(tx *gorm.DB, f Follow) error {
	if f.Level == LevelNone && f.Muted == NotMuted {
		return endMute(tx, f)
	}
	columns := []string{"muted"}
	if f.Level != LevelNone {
		columns = append(columns, "min_level")
	}
	return tx.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "topic_id"}, {Name: "subscription_id"}},
		DoUpdates: clause.AssignmentColumns(columns),
	}).Omit("Topic").Create(&f).Error
}

// endMute ends a mute: the level from before stays, and without one the follow ends.
func endMute(tx *gorm.DB, f Follow) error {
	const ofTopic = "topic_id = ? AND subscription_id = ?"
	if err := tx.Delete(&Follow{}, ofTopic+" AND min_level IS NULL", f.TopicID, f.SubscriptionID).Error; err != nil {
		return err
	}
	return tx.Model(&Follow{}).Where(ofTopic, f.TopicID, f.SubscriptionID).Update("muted", NotMuted).Error
}

// Unfollow ends one follow; that there is none is no error.
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

// parseFollows parses the follows of a new subscription. If a topic is named twice, the
// last one counts.
func parseFollows(follows []NewFollow) ([]followChange, error) {
	var p validation.Problems
	parsed := make([]followChange, 0, len(follows))
	for i, follow := range follows {
		field := fmt.Sprintf("follows[%d]", i)
		change, err := follow.parse()
		if err != nil {
			p.AddNested(field, err)
			continue
		}
		change.field = field
		parsed = slices.DeleteFunc(parsed, func(f followChange) bool { return f.topic == change.topic })
		if !change.endsMute() {
			parsed = append(parsed, change)
		}
	}
	return parsed, p.Err()
}

// makeFollows returns the follows of a new subscription, still without its ID. It keeps the
// topics that it finds in topics, for the next subscription.
func makeFollows(tx *gorm.DB, parsed []followChange, topics map[Topic]NamedTopic, now time.Time) ([]Follow, error) {
	var p validation.Problems
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
		if err := topic.admits(f.level, now, now); err != nil {
			p.AddNested(f.field, err)
			continue
		}
		if err := topic.outlived(tx); err != nil {
			return nil, err
		}
		follows = append(follows, Follow{
			TopicID: topic.ID, Level: f.level, Muted: f.muted, CreatedAt: now,
			Topic: topic.Topic, Name: topic.Name, State: topic.State, EndsAt: topic.EndsAt,
		})
	}
	return follows, p.Err()
}

// Level is the minimum level of the alerts that a follow admits. A smaller level
// admits more.
type Level int8

const (
	// LevelNone admits nothing: the follow is only a mute.
	LevelNone Level = iota - 1
	// LevelAll admits every alert.
	LevelAll
	// LevelKey admits key moments and the resolution.
	LevelKey
	// LevelResolution admits only "it's back".
	LevelResolution
)

var levelNames = []string{"all", "key", "resolution"}

// ParseLevel reads a level as the API writes it.
func ParseLevel(name string) (Level, error) {
	if i := slices.Index(levelNames, name); i >= 0 {
		return Level(i), nil
	}
	var p validation.Problems
	p.Add("level", `must be "all", "key" or "resolution"`)
	return LevelNone, p.Err()
}

// String is the level as the API writes it; empty for [LevelNone].
func (l Level) String() string {
	if l == LevelNone {
		return ""
	}
	return levelNames[l]
}

// Value is what the database keeps: NULL for [LevelNone].
func (l Level) Value() (driver.Value, error) {
	if l == LevelNone {
		return nil, nil
	}
	return int64(l), nil
}

// Scan reads what Value wrote.
func (l *Level) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*l = LevelNone
	case int64:
		*l = Level(v)
	default:
		return fmt.Errorf("scan level: unexpected %T", value)
	}
	return nil
}

// Mute says whether an outage is muted, also for followers of its apps. A follow keeps its
// level beside a mute; it is back when the mute ends.
type Mute int8

const (
	// NotMuted admits what the level admits.
	NotMuted Mute = iota
	// MutedUntilResolution admits nothing but the outage's own resolution.
	MutedUntilResolution
	// MutedForGood admits nothing.
	MutedForGood
)

var muteNames = []string{"no", "until_resolution", "for_good"}

// ParseMute reads a mute as the API writes it.
func ParseMute(name string) (Mute, error) {
	if i := slices.Index(muteNames, name); i >= 0 {
		return Mute(i), nil
	}
	var p validation.Problems
	p.Add("muted", `must be "no", "until_resolution" or "for_good"`)
	return NotMuted, p.Err()
}

// String is the mute as the API writes it.
func (m Mute) String() string { return muteNames[m] }

// mutesOnceLevels are the levels with which a client of an older release mutes.
var mutesOnceLevels = map[string]Mute{"muted": MutedForGood, "hushed": MutedUntilResolution}

const (
	// followsOutlast is how long the follows of an outage are kept after its
	// resolution, for corrections.
	followsOutlast = 24 * time.Hour
	// endBatch is how many follows one transaction ends.
	endBatch = 2000
)

// FollowsEndAt is when the outage's follows end by themselves; nil before its
// resolution.
func (o Outage) FollowsEndAt() *time.Time {
	if o.ResolvedAt == nil {
		return nil
	}
	end := o.ResolvedAt.Add(followsOutlast)
	return &end
}

// EndFollows ends the follows, at all levels, of outages that have been resolved
// for a day, and returns how many. It writes one batch per transaction, so that
// others can write in between. While an alert or a catch-up of an outage is being sent,
// the outage keeps its follows. A catch-up whose reader has no address ends with them.
func (s *Store) EndFollows(ctx context.Context) (ended int64, err error) {
	var outages []Outage
	if err := s.toEnd(s.db.Read.WithContext(ctx)).Find(&outages).Error; err != nil {
		return 0, fmt.Errorf("find outages whose follows end: %w", domain(err))
	}
	for _, outage := range outages {
		n, err := s.endFollowsOf(ctx, outage)
		ended += n
		if err != nil {
			return ended, fmt.Errorf("end follows of outage %s: %w", outage.Slug, err)
		}
	}
	return ended, nil
}

// endFollowsOf ends the follows of an outage, batch by batch, in the order of the
// subscriptions' IDs.
func (s *Store) endFollowsOf(ctx context.Context, outage Outage) (ended int64, err error) {
	topic, err := findTopic(s.db.Read.WithContext(ctx), outage.Topic())
	for after, more := int64(0), true; more && err == nil; {
		err = s.transaction(ctx, func(tx *gorm.DB) error {
			more = false
			if isOver, err := s.lockToEnd(tx, outage); err != nil || !isOver {
				return err
			}
			var upto int64
			err := tx.Raw(`SELECT coalesce(max(subscription_id), 0) FROM (
				SELECT subscription_id FROM follows WHERE topic_id = ? AND subscription_id > ?
				ORDER BY subscription_id LIMIT ?) AS next`, topic.ID, after, endBatch).Scan(&upto).Error // Row would panic when ctx has ended
			if err != nil {
				return err
			}
			if upto == 0 {
				return s.noteEnd(tx, outage, topic)
			}
			batch := tx.Delete(&Follow{}, "topic_id = ? AND subscription_id > ? AND subscription_id <= ?", topic.ID, after, upto)
			ended, after, more = ended+batch.RowsAffected, upto, true
			return batch.Error
		})
	}
	return ended, err
}

// toEnd selects the outages whose follows must end now.
func (s *Store) toEnd(db *gorm.DB) *gorm.DB {
	// The state is a literal, as in the partial index.
	return db.Where(isNews).Where(`state = 'resolved' AND follows_ended_at IS NULL AND resolved_at <= ?
		AND NOT EXISTS (SELECT 1 FROM alerts WHERE outage_id = outages.id AND finished_at IS NULL)
		AND NOT EXISTS (SELECT 1 FROM catch_ups JOIN subscriptions ON subscriptions.id = subscription_id
			WHERE outage_id = outages.id AND gone_at IS NULL)`, s.Now().Add(-followsOutlast))
}

// lockToEnd locks the outage against publishing and muting until the transaction ends,
// and then reports whether its follows must end.
func (s *Store) lockToEnd(tx *gorm.DB, outage Outage) (isOver bool, err error) {
	if _, err := lockOutage(tx, outage.ID); err != nil {
		return false, err
	}
	var found int64
	err = s.toEnd(tx.Model(&Outage{}).Where("id = ?", outage.ID)).Count(&found).Error
	return found == 1, err
}

// noteEnd records that the outage has no follow, unless there is a new one.
func (s *Store) noteEnd(tx *gorm.DB, outage Outage, topic Topic) error {
	if err := tx.Exec("DELETE FROM catch_ups WHERE outage_id = ?", outage.ID).Error; err != nil {
		return err
	}
	return tx.Model(&Outage{}).Where("id = ? AND NOT EXISTS (SELECT 1 FROM follows WHERE topic_id = ?)", outage.ID, topic.ID).
		Update("follows_ended_at", s.Now()).Error
}
