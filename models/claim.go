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
	// reached are the offsets of who was reached lately, and subscriptions how
	// many there are about.
	reached       *roaring.Bitmap
	someReached   bool
	subscriptions int
	// page and results are those of the last record.
	page    Page
	results []Result
	// leaves says that the worker is done with the shard for now.
	leaves bool
}

// Claim takes a shard that no worker owns. It returns [ErrOwned] if one does, and
// [ErrFinished] if there is nothing left to do.
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

// readClaimed reads what else a worker needs of its shard. If that fails it leaves
// the shard to others at once: it has an owner who will never show a sign of life.
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

// releaseWithin bounds the release of a shard that was claimed in vain.
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

// Waits tells whether anybody waits for a try before the deadline.
func (c *Claim) Waits() bool {
	due, ok := c.Ledger.NextDue()
	return ok && due.Before(c.Alert.Deadline)
}

// RetryLater leaves who waits until the first of them is due.
func (s *Store) RetryLater(ctx context.Context, c *Claim) error {
	if due, ok := c.Ledger.NextDue(); ok {
		c.Shard.DueAt = due
	}
	c.leaves = true
	return s.save(ctx, c, nil)
}

// Finish ends a shard. What has not been reached by then is left out. Who waits
// has failed if the time is up, and is left out if the alert was stopped or
// superseded.
func (s *Store) Finish(ctx context.Context, c *Claim) error {
	if c.Alert.State == Sending {
		if err := s.giveUp(ctx, c); err != nil {
			return err
		}
	}
	waiting := c.Ledger.Waiting()
	c.Ledger.LeaveOutWaiting()
	c.Shard.Done, c.leaves = true, true
	if err := s.save(ctx, c, func(tx *gorm.DB) error { return s.releaseCatchUps(tx, c, waiting) }); err != nil {
		return err
	}
	return s.finishAlert(ctx, c.Shard.AlertID)
}

// Ended tells whether nothing more of the alert may be sent: it was stopped or
// superseded, or its deadline has passed.
func (s *Store) Ended(c *Claim) bool {
	return c.Alert.State != Sending || !s.Now().Before(c.Alert.Deadline)
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
	shard.Accepted, shard.Gone, shard.Failed = counts[ledger.Accepted], counts[ledger.Gone], counts[ledger.Failed]
	shard.Waiting, shard.Deferred = counts[ledger.Waiting], counts[ledger.Deferred]
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		result := tx.Model(&Shard{}).Where("id = ? AND epoch = ? AND NOT done", shard.ID, shard.Epoch).Updates(map[string]any{
			"position": shard.Position, "done": shard.Done, "due_at": shard.DueAt, "heartbeat": c.heartbeat(),
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
		return c.refreshAlert(tx)
	})
	if err != nil {
		return fmt.Errorf("record shard %d: %w", shard.ID, err)
	}
	return nil
}

// heartbeat is what a write makes of the row's: a sign of life, or none when the
// worker leaves the shard.
func (c *Claim) heartbeat() any {
	if c.leaves {
		return nil
	}
	return gorm.Expr("coalesce(heartbeat, 0) + 1")
}

func (c *Claim) refreshAlert(db *gorm.DB) error {
	return db.Model(&c.Alert).Select("state", "deadline", "audience", "planned_at").Take(&c.Alert).Error
}

func (c *Claim) offset(id int64) uint32 { return uint32(id - c.Shard.AfterID) }
