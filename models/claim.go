package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"newsbell/models/ledger"

	"github.com/RoaringBitmap/roaring/v2"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Claim makes one worker the owner of a shard, until it leaves the shard or
// another worker claims it. It belongs to one goroutine.
type Claim struct {
	Shard Shard
	// Alert has its update and its outage, and that its apps.
	Alert  Alert
	Ledger ledger.Ledger
	// Rebuilt says what was wrong with the shard's row, and what was made of
	// it; nothing if all was well.
	Rebuilt string

	audience audience
	// acceptedLately are the offsets of the readers that an earlier alert was accepted
	// for; anyAccepted says whether one was accepted for anybody, in any shard.
	acceptedLately *roaring.Bitmap
	anyAccepted    bool
	// subscriptions is about how many there are.
	subscriptions int
	// EndedPilot says that this worker has ended the alert's pilot: its shards are due.
	EndedPilot bool
	// isReleased says that the worker leaves the shard with its next write.
	isReleased bool
	// written are the counts that the shard's row has, and answers what else the next write
	// adds to the alert's counts.
	written ledger.PerService
	answers map[string]AlertCount
}

// Claim takes a shard that no worker owns. It returns [ErrOwned] if one does, and
// [ErrFinished] if nothing is left to do.
func (s *Store) Claim(ctx context.Context, shardID int64) (*Claim, error) {
	var claim Claim
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		result := tx.Model(&claim.Shard).Clauses(clause.Returning{}).
			Where("id = ? AND NOT done AND heartbeat IS NULL", shardID).
			Updates(map[string]any{"epoch": gorm.Expr("epoch + 1"), "heartbeat": 1})
		if result.Error != nil {
			return result.Error
		}
		if result.RowsAffected == 0 {
			return unclaimable(tx, shardID)
		}
		var err error
		if claim.Alert, err = findAlert(tx.Preload("Outage.Apps", byName), claim.Shard.AlertID); err != nil {
			return err
		}
		claim.audience, err = alertAudience(tx, claim.Alert)
		return err
	})
	if err == nil {
		err = s.readClaimed(ctx, &claim)
	}
	if err != nil {
		return nil, fmt.Errorf("claim shard %d: %w", shardID, err)
	}
	return &claim, nil
}

// readClaimed reads what else a worker needs of its shard. If that fails it releases
// the shard at once: its owner would never send a heartbeat.
func (s *Store) readClaimed(ctx context.Context, c *Claim) error {
	for _, read := range []func(context.Context, *Claim) error{s.readLedger, s.readAcceptedLately, s.readSize} {
		if err := read(ctx, c); err != nil {
			releasing, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
			defer cancel()
			return errors.Join(err, s.Release(releasing, c.Fence()))
		}
	}
	return nil
}

// releaseWithin bounds the release of a shard that could not be read.
const releaseWithin = 2 * time.Second

// unclaimable says why a shard cannot be claimed.
func unclaimable(tx *gorm.DB, shardID int64) error {
	var owned int64
	err := tx.Model(&Shard{}).Where("id = ? AND NOT done", shardID).Count(&owned).Error
	switch {
	case err != nil:
		return err
	case owned == 0:
		return ErrFinished
	}
	return ErrOwned
}

// isDone reports whether nothing is left to do on the shard: its alert has ended, or
// every reader has been tried and no retry comes before the deadline.
func (c *Claim) isDone(now time.Time) bool {
	return c.Alert.hasEnded(now) || c.Shard.isTried() && !c.hasRetry()
}

// hasRetry reports whether a retry comes before the deadline.
func (c *Claim) hasRetry() bool {
	due, ok := c.Ledger.NextDue()
	return ok && due.Before(c.Alert.Deadline)
}

// retryLater leaves the shard until the next retry is due.
func (s *Store) retryLater(ctx context.Context, c *Claim) error {
	if due, ok := c.Ledger.NextDue(); ok {
		c.Shard.DueAt = due
	}
	c.isReleased = true
	return s.save(ctx, c, nil)
}

// finish ends the shard, and its alert with the last shard. Retries that are left
// have failed if the deadline has passed, and are cancelled if the alert was stopped
// or superseded.
func (s *Store) finish(ctx context.Context, c *Claim) error {
	if c.Alert.State == Sending {
		if err := s.giveUp(ctx, c); err != nil {
			return err
		}
	}
	waiting := c.Ledger.Waiting()
	c.Ledger.CancelRetries()
	c.Shard.Done, c.isReleased = true, true
	if err := s.save(ctx, c, func(tx *gorm.DB) error { return s.releaseCatchUps(tx, c, waiting) }); err != nil {
		return err
	}
	return s.finishAlert(ctx, c.Shard.AlertID)
}

// save writes the claimed shard, fenced by its epoch.
func (s *Store) save(ctx context.Context, c *Claim, also func(tx *gorm.DB) error) error {
	encoded, err := c.Ledger.Encode()
	if err != nil {
		return err
	}
	hosts, err := json.Marshal(c.Ledger.PerService)
	if err != nil {
		return err
	}
	shard, counts := &c.Shard, c.Ledger.Counts()
	shard.EncodedLedger, shard.Hosts = encoded, string(hosts)
	shard.Accepted, shard.Gone, shard.Failed = counts.Accepted, counts.Gone, counts.Failed
	shard.Waiting, shard.Deferred = counts.Waiting, counts.Deferred
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		result := tx.Model(&Shard{}).Where("id = ? AND epoch = ? AND NOT done", shard.ID, shard.Epoch).Updates(map[string]any{
			"position": shard.Position, "done": shard.Done, "piloted": shard.Piloted, "due_at": shard.DueAt, "heartbeat": c.heartbeat(),
			"accepted": shard.Accepted, "gone": shard.Gone, "failed": shard.Failed, "waiting": shard.Waiting, "held": shard.Deferred,
			"hosts": shard.Hosts, "ledger": shard.EncodedLedger,
		})
		if result.Error != nil {
			return result.Error
		}
		if result.RowsAffected == 0 {
			return ErrFenced
		}
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		if err := c.refreshAlert(tx); err != nil {
			return err
		}
		return s.addCounts(tx, c)
	})
	if err != nil {
		return fmt.Errorf("record shard %d: %w", shard.ID, err)
	}
	c.isCounted()
	return nil
}

// heartbeat is the heartbeat that a write sets: the next one, or none when the worker
// leaves the shard.
func (c *Claim) heartbeat() any {
	if c.isReleased {
		return nil
	}
	return gorm.Expr("coalesce(heartbeat, 0) + 1")
}

func (c *Claim) refreshAlert(db *gorm.DB) error {
	return db.Model(&c.Alert).Select("state", "deadline", "audience", "planned_at", "pilot_until").Take(&c.Alert).Error
}

func (c *Claim) offset(id int64) uint32 { return uint32(id - c.Shard.AfterID) }
