package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Claim is one worker's hold on a shard, until another worker claims it. It
// belongs to one goroutine.
type Claim struct {
	Shard  Shard
	Alert  Alert
	Ledger Ledger

	audience audience
}

// Claim takes a shard from whoever has it. A shard without anything left to do
// is [ErrFinished].
func (s *Store) Claim(ctx context.Context, shardID int64) (*Claim, error) {
	var claim Claim
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		result := tx.Model(&claim.Shard).Clauses(clause.Returning{}).
			Where("id = ? AND state = ?", shardID, Unfinished).
			Update("epoch", gorm.Expr("epoch + 1"))
		if result.Error != nil {
			return result.Error
		}
		if result.RowsAffected == 0 {
			return ErrFinished
		}
		var err error
		if claim.Alert, err = findAlert(tx, claim.Shard.AlertID); err != nil {
			return err
		}
		claim.audience, err = alertAudience(tx, claim.Alert)
		return err
	})
	if err == nil {
		claim.Ledger, err = decodeLedger(claim.Shard.EncodedLedger)
	}
	if err != nil {
		return nil, fmt.Errorf("claim shard %d: %w", shardID, err)
	}
	return &claim, nil
}

// Result is what became of one recipient of a page.
type Result struct {
	Recipient Recipient
	Outcome   Outcome
	// Status is the push service's HTTP status; 0 if there was none.
	Status int
	// Reason says in safe words why it failed.
	Reason string
	// KeyMismatch says that the push service wants another VAPID key.
	KeyMismatch bool
}

// Record writes a page's results in one transaction: the position, the counts,
// the ledger, the failures; and it deletes the gone. Whoever has lost the
// shard gets [ErrFenced], and nothing is written.
//
// It refreshes the claim's alert, so that a stop is seen before the next page.
func (s *Store) Record(ctx context.Context, c *Claim, page Page, results []Result) error {
	for _, r := range results {
		c.Ledger.set(c.offset(r.Recipient.ID), r.Outcome)
	}
	for _, id := range page.missing {
		c.Ledger.set(c.offset(id), Gone)
	}
	c.Shard.Position = max(c.Shard.Position, page.upto)
	return s.save(ctx, c, func(tx *gorm.DB) error { return s.recordSubscriptions(tx, c, results) })
}

// RetryLater leaves what waits until due.
func (s *Store) RetryLater(ctx context.Context, c *Claim, due time.Time) error {
	c.Shard.DueAt = due.UTC().Truncate(time.Microsecond)
	c.Shard.Attempts++
	return s.save(ctx, c, nil)
}

// Finish ends a shard. What has not been reached by then is left out. What
// waits has failed when the deadline has passed; of an alert that was stopped
// or superseded it is left out too.
func (s *Store) Finish(ctx context.Context, c *Claim) error {
	if c.Alert.State == Sending {
		c.Ledger.Failed.Or(c.Ledger.Waiting)
	}
	c.Ledger.Waiting.Clear()
	c.Shard.State = Finished
	if err := s.save(ctx, c, nil); err != nil {
		return err
	}
	return s.finishAlert(ctx, c.Shard.AlertID)
}

// Ended tells whether nothing of the alert shall be sent any more: it was
// stopped, or its deadline has passed.
func (s *Store) Ended(c *Claim) bool {
	return c.Alert.State != Sending || !s.Now().Before(c.Alert.Deadline)
}

// save writes the claimed shard, fenced by its epoch.
func (s *Store) save(ctx context.Context, c *Claim, also func(tx *gorm.DB) error) error {
	encoded, err := c.Ledger.encode()
	if err != nil {
		return err
	}
	shard := &c.Shard
	shard.EncodedLedger = encoded
	shard.Accepted, shard.Gone = int(c.Ledger.Accepted.GetCardinality()), int(c.Ledger.Gone.GetCardinality())
	shard.Failed, shard.Waiting = int(c.Ledger.Failed.GetCardinality()), int(c.Ledger.Waiting.GetCardinality())
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		result := tx.Model(shard).Where("epoch = ? AND state = ?", shard.Epoch, Unfinished).
			Select("position", "state", "due_at", "attempts", "accepted", "gone", "failed", "waiting", "ledger").
			Updates(shard)
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
		return tx.Model(&c.Alert).Select("state", "deadline").Take(&c.Alert).Error
	})
	if err != nil {
		return fmt.Errorf("record shard %d: %w", shard.ID, err)
	}
	return nil
}

func (s *Store) recordSubscriptions(tx *gorm.DB, c *Claim, results []Result) error {
	var failures []Failure
	for _, r := range results {
		var err error
		switch {
		case r.Outcome == Gone:
			// The hash guards a browser that has a new endpoint by now.
			err = tx.Delete(&Subscription{}, "id = ? AND endpoint_hash = ?", r.Recipient.ID, hashEndpoint(r.Recipient.Endpoint)).Error
		case r.Outcome == Failed:
			failures = append(failures, c.failure(r, s.Now()))
		}
		if err == nil && r.mendsOrBreaksKey() {
			err = tx.Model(&Subscription{}).Where("id = ?", r.Recipient.ID).
				UpdateColumn("needs_resubscribe", r.KeyMismatch).Error
		}
		if err != nil {
			return err
		}
	}
	if len(failures) == 0 {
		return nil
	}
	return tx.CreateInBatches(failures, failureBatch).Error
}

// failureBatch is how many failures one INSERT holds.
const failureBatch = 500

// mendsOrBreaksKey tells whether the answer changes what we know of the
// subscription's VAPID key.
func (r Result) mendsOrBreaksKey() bool {
	return r.KeyMismatch != r.Recipient.NeedsResubscribe && (r.KeyMismatch || r.Outcome == Accepted)
}

func (c *Claim) offset(id int64) uint32 { return uint32(id - c.Shard.AfterID) }
