package models

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"newsbell/models/endpoints"
	"newsbell/models/ledger"

	"github.com/RoaringBitmap/roaring/v2"
	"gorm.io/gorm"
)

// Result is the outcome for one recipient of a page.
type Result struct {
	Recipient Recipient
	Outcome   ledger.Outcome
	// Due is when who waits may be tried again, at the earliest.
	Due time.Time
	// NotAttempted says that the push was not sent, or that its answer says nothing
	// about the recipient: it does not count as a try.
	NotAttempted bool
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

// Record writes a page's results, in the order of its recipients and perhaps not of all,
// in one transaction: the position, the counts, the ledger, the failures; and it retires
// the addresses that are gone. It returns [ErrFenced] if another worker has claimed the
// shard since: nothing is written then. After any other error the claim keeps the results
// for [Store.RecordAgain].
//
// It refreshes the claim's alert, so that a stop is seen before the next page.
func (s *Store) Record(ctx context.Context, c *Claim, page Page, results []Result) error {
	page = page.interrupted(results)
	endRefused(results, s.Now())
	for _, r := range results {
		c.note(r, page.Tries, s.hosts)
	}
	for _, id := range page.missing {
		c.Ledger.End(c.offset(id), "", ledger.Gone)
	}
	for _, id := range slices.Concat(page.leftOut, page.gone) {
		c.Ledger.LeaveOut(c.offset(id))
	}
	for _, h := range page.deferred {
		c.Ledger.End(c.offset(h.ID), countedAs(c.Ledger.PerService, h.Endpoint, ledger.Deferred, s.hosts), ledger.Deferred)
	}
	c.stamp(s.Now(), page, results)
	c.Shard.Position = max(c.Shard.Position, page.upto)
	c.page, c.results = page, results
	return s.writePage(ctx, c)
}

// RecordAgain writes what [Store.Record] could not. A page whose commit succeeded
// without an answer is not written twice.
func (s *Store) RecordAgain(ctx context.Context, c *Claim) error {
	written, err := s.isWritten(ctx, c)
	if err != nil || written {
		return err
	}
	return s.writePage(ctx, c)
}

// writePage writes the claim with the page that was noted last.
func (s *Store) writePage(ctx context.Context, c *Claim) error {
	return s.save(ctx, c, func(tx *gorm.DB) error {
		there, err := lockCatchUps(tx, c, c.page)
		if err == nil {
			err = s.recordSubscriptions(tx, c, c.results)
		}
		if err != nil {
			return err
		}
		return s.recordCatchUps(tx, c, c.page, c.results, there)
	})
}

// isWritten tells whether the claim's row is as the last record wanted it, and
// refreshes its alert.
func (s *Store) isWritten(ctx context.Context, c *Claim) (bool, error) {
	var row Shard
	db := s.db.Write.WithContext(ctx)
	err := db.Select("position", "ledger").Take(&row, "id = ? AND epoch = ?", c.Shard.ID, c.Shard.Epoch).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = ErrFenced
	}
	if err == nil {
		err = c.refreshAlert(db)
	}
	if err != nil {
		return false, fmt.Errorf("look for the record of shard %d: %w", c.Shard.ID, domain(err))
	}
	return row.Position == c.Shard.Position && bytes.Equal(row.EncodedLedger, c.Shard.EncodedLedger), nil
}

func (s *Store) recordSubscriptions(tx *gorm.DB, c *Claim, results []Result) error {
	var failures []Failure
	now := s.Now()
	for _, r := range results {
		var err error
		switch {
		case r.Outcome == ledger.Gone:
			_, err = retireAddress(tx, r.Recipient, now)
		case r.Outcome == ledger.Failed:
			failures = append(failures, c.failure(r, now))
		}
		if err == nil && r.changesKeyMismatch() {
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
	if err := s.recordRecentAlerts(tx, results); err != nil || len(failures) == 0 {
		return err
	}
	return tx.CreateInBatches(failures, failureBatch).Error
}

// failureBatch is how many failures one INSERT holds.
const failureBatch = 500

// changesKeyMismatch tells whether the answer changes what we know of the
// subscription's VAPID key.
func (r Result) changesKeyMismatch() bool {
	return r.KeyMismatch != r.Recipient.NeedsResubscribe && (r.KeyMismatch || r.Outcome == ledger.Accepted)
}

// note enters the outcome for a reader that was tried a number of times before. A due
// time behind the deadline is the deadline: then there is no other try.
func (c *Claim) note(r Result, tries int, hosts endpoints.Allowlist) {
	offset, host := c.offset(r.Recipient.ID), countedAs(c.Ledger.PerService, r.Recipient.Endpoint, r.Outcome, hosts)
	if r.Outcome != ledger.Waiting {
		c.Ledger.End(offset, host, r.Outcome)
		return
	}
	due := r.Due
	if c.Alert.Deadline.Before(due) {
		due = c.Alert.Deadline
	}
	if !r.NotAttempted {
		tries++
	}
	c.Ledger.RetryAt(offset, host, due, tries)
}

// stamp notes when a page was recorded: behind its last reader, or for the readers it
// reached of those who waited.
func (c *Claim) stamp(now time.Time, page Page, results []Result) {
	if page.upto > 0 {
		c.Ledger.AddPage(now, c.offset(page.upto))
		return
	}
	reached := roaring.New()
	for _, r := range results {
		if r.Outcome == ledger.Accepted {
			reached.Add(c.offset(r.Recipient.ID))
		}
	}
	c.Ledger.AddReached(now, reached)
}

// recordRecentAlerts adds an alert to those that readers with an hourly cap were sent.
// Most readers of a page were sent the same ones before, so that few statements are
// needed.
func (s *Store) recordRecentAlerts(tx *gorm.DB, results []Result) error {
	now := s.Now()
	alike := map[string][]int64{}
	for _, r := range results {
		if d := r.Recipient.delivery; r.Outcome == ledger.Accepted && d != nil && d.HourlyCap > 0 {
			after := string(d.Recent.Add(now, d.HourlyCap))
			alike[after] = append(alike[after], r.Recipient.ID)
		}
	}
	for after, readers := range alike {
		if err := tx.Model(&Subscription{}).Where("id IN ?", readers).UpdateColumn("recent", []byte(after)).Error; err != nil {
			return err
		}
	}
	return nil
}

// Failure says why one reader could not be reached. Deliveries leave no row,
// only a bit in the ledger.
type Failure struct {
	ID             int64
	AlertID        int64
	SubscriptionID int64
	PushHost       string
	// Status is the push service's HTTP status; 0 if there was none.
	Status    int
	Reason    string
	CreatedAt time.Time
}

// gaveUp is the reason of who still waited when the time was up.
const gaveUp = "gave up at the deadline"

// giveUp records as failed all readers that wait.
func (s *Store) giveUp(ctx context.Context, c *Claim) error {
	return s.waitingPages(ctx, c, c.Ledger.Waiting(), func(page Page) error {
		results := make([]Result, len(page.Recipients))
		for i, r := range page.Recipients {
			results[i] = Result{Recipient: r, Outcome: ledger.Failed, Reason: gaveUp}
		}
		return s.Record(ctx, c, page, results)
	})
}

func (c *Claim) failure(r Result, now time.Time) Failure {
	return Failure{
		AlertID: c.Alert.ID, SubscriptionID: r.Recipient.ID, PushHost: endpoints.PushService(r.Recipient.Endpoint),
		Status: r.Status, Reason: r.Reason, CreatedAt: now,
	}
}
