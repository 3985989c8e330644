package models

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Claim is one worker's hold on a shard, until another worker claims it. It
// belongs to one goroutine.
type Claim struct {
	Shard Shard
	// Alert has its update and its outage, and that its apps.
	Alert  Alert
	Ledger Ledger
	// Rebuilt says what was wrong with the shard's row, and what was made of
	// it; nothing if all was well.
	Rebuilt string

	audience audience
	// reached are the offsets of who was reached lately, and subscriptions how
	// many there are about.
	reached       *roaring.Bitmap
	subscriptions int
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
		if claim.Alert, err = findAlert(tx.Preload("Outage.Apps", byName), claim.Shard.AlertID); err != nil {
			return err
		}
		claim.audience, err = alertAudience(tx, claim.Alert)
		return err
	})
	if err == nil {
		err = s.readLedger(ctx, &claim)
	}
	if err == nil {
		err = s.readReached(ctx, &claim)
	}
	if err == nil {
		err = s.readSize(ctx, &claim)
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
	// Due is when who waits may be tried again, at the earliest.
	Due time.Time
	// Held says that this was no try that counts for who waits.
	Held bool
	// Status is the push service's HTTP status; 0 if there was none.
	Status int
	// Reason says in safe words why it failed.
	Reason string
	// KeyMismatch says that the push service wants another VAPID key.
	KeyMismatch bool
	// Refused says that the push service refuses this subscription while it takes
	// pushes for others. It counts when the outcome is [Failed].
	Refused bool
}

// Record writes a page's results in one transaction: the position, the counts,
// the ledger, the failures; and it retires the addresses that are gone. Whoever has lost the
// shard gets [ErrFenced], and nothing is written.
//
// It refreshes the claim's alert, so that a stop is seen before the next page.
func (s *Store) Record(ctx context.Context, c *Claim, page Page, results []Result) error {
	endRefused(results, s.Now())
	for _, r := range results {
		c.note(r, page.Tries, s.hosts)
	}
	for _, id := range page.missing {
		c.Ledger.end(c.offset(id), "", Gone)
	}
	for _, id := range slices.Concat(page.leftOut, page.gone) {
		c.Ledger.leaveOut(c.offset(id))
	}
	for _, h := range page.held {
		c.Ledger.end(c.offset(h.ID), c.Ledger.hosts.nameOf(h.Endpoint, Held, s.hosts), Held)
	}
	c.stamp(s.Now(), page, results)
	c.Shard.Position = max(c.Shard.Position, page.upto)
	return s.save(ctx, c, func(tx *gorm.DB) error {
		there, err := lockCatchUps(tx, c, page)
		if err == nil {
			err = s.recordSubscriptions(tx, c, results)
		}
		if err != nil {
			return err
		}
		return s.recordCatchUps(tx, c, page, results, there)
	})
}

// Waits tells whether anybody waits for a try before the deadline.
func (c *Claim) Waits() bool {
	due, ok := c.Ledger.waits.next()
	return ok && due.Before(c.Alert.Deadline)
}

// RetryLater leaves who waits until the first of them is due.
func (s *Store) RetryLater(ctx context.Context, c *Claim) error {
	if due, ok := c.Ledger.waits.next(); ok {
		c.Shard.DueAt = due
	}
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
	c.Ledger.leaveOutWaiting()
	c.Shard.State = Finished
	if err := s.save(ctx, c, func(tx *gorm.DB) error { return s.releaseCatchUps(tx, c, waiting) }); err != nil {
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
	hosts, err := json.Marshal(c.Ledger.hosts)
	if err != nil {
		return err
	}
	shard, tally := &c.Shard, c.Ledger.tally()
	shard.EncodedLedger, shard.Hosts = encoded, string(hosts)
	shard.Accepted, shard.Gone, shard.Failed = tally[Accepted], tally[Gone], tally[Failed]
	shard.Waiting, shard.Held = tally[Waiting], tally[Held]
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		result := tx.Model(shard).Where("epoch = ? AND state = ?", shard.Epoch, Unfinished).
			Select("position", "state", "due_at", "accepted", "gone", "failed", "waiting", "held", "hosts", "ledger").
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
		return tx.Model(&c.Alert).Select("state", "deadline", "audience", "planned_at").Take(&c.Alert).Error
	})
	if err != nil {
		return fmt.Errorf("record shard %d: %w", shard.ID, err)
	}
	return nil
}

func (s *Store) recordSubscriptions(tx *gorm.DB, c *Claim, results []Result) error {
	var failures []Failure
	now := s.Now()
	for _, r := range results {
		var err error
		switch {
		case r.Outcome == Gone:
			_, err = retireAddress(tx, r.Recipient, now)
		case r.Outcome == Failed:
			failures = append(failures, c.failure(r, now))
		}
		if err == nil && r.mendsOrBreaksKey() {
			err = tx.Model(&Subscription{}).Where("id = ?", r.Recipient.ID).
				UpdateColumn("needs_resubscribe", r.KeyMismatch).Error
		}
		if err != nil {
			return err
		}
	}
	if err := recordRefusals(tx, results, s.Now()); err != nil {
		return err
	}
	if err := s.recordRecent(tx, results); err != nil || len(failures) == 0 {
		return err
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

// note writes down what became of a reader after so many tries before. A due
// time behind the deadline is the deadline: then there is no other try.
func (c *Claim) note(r Result, tries int, hosts PushHosts) {
	offset, host := c.offset(r.Recipient.ID), c.Ledger.hosts.nameOf(r.Recipient.Endpoint, r.Outcome, hosts)
	if r.Outcome != Waiting {
		c.Ledger.end(offset, host, r.Outcome)
		return
	}
	due := r.Due
	if c.Alert.Deadline.Before(due) {
		due = c.Alert.Deadline
	}
	if !r.Held {
		tries++
	}
	c.Ledger.wait(offset, host, due, tries)
}

// stamp notes when a page was recorded: behind its last reader, or for whom it
// reached of those who waited.
func (c *Claim) stamp(now time.Time, page Page, results []Result) {
	if page.upto > 0 {
		c.Ledger.stamps.addPage(now, c.offset(page.upto))
		return
	}
	reached := roaring.New()
	for _, r := range results {
		if r.Outcome == Accepted {
			reached.Add(c.offset(r.Recipient.ID))
		}
	}
	c.Ledger.stamps.addReaders(now, reached)
}

func (c *Claim) offset(id int64) uint32 { return uint32(id - c.Shard.AfterID) }
