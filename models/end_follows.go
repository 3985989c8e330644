package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

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
	return db.Where(`state = 'resolved' AND follows_ended_at IS NULL AND resolved_at <= ?
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
