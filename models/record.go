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
	"newsbell/models/retry"

	"github.com/RoaringBitmap/roaring/v2"
	"gorm.io/gorm"
)

const (
	// recordTimeout bounds one attempt to record results, and how long an ending
	// process goes on trying.
	recordTimeout = 10 * time.Second
	// The wait between two attempts doubles from firstRecordRetry up to lastRecordRetry.
	firstRecordRetry = 50 * time.Millisecond
	lastRecordRetry  = time.Second
)

// Result is the outcome for one recipient of a page.
type Result struct {
	Recipient Recipient
	Outcome   ledger.Outcome
	// Due is the earliest time for a retry, if the outcome is [ledger.Waiting].
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
	// pushes for others. It counts when the outcome is [ledger.Failed].
	Refused bool
}

// untilRecorded calls write until the database has taken what was sent or another
// worker owns it: what is not recorded would be sent a second time. It goes on for
// [recordTimeout] after ctx has ended.
func untilRecorded(ctx context.Context, write func(context.Context) error, failed func(error)) error {
	ctx, cancel := retry.Outlive(ctx, recordTimeout)
	defer cancel()
	return retry.Do(ctx, firstRecordRetry, lastRecordRetry, func() error {
		attempt, cancel := context.WithTimeout(ctx, recordTimeout)
		defer cancel()
		err := write(attempt)
		if errors.Is(err, ErrFenced) {
			return retry.Stop(err)
		}
		return err
	}, func(err error, _ time.Duration) { failed(err) })
}

// notePage enters a page's results in the claim, to be written: the position and the
// ledger. It returns the page as far as it has results.
func (s *Store) notePage(c *Claim, p page, results []Result) page {
	p = p.interrupted(results)
	endRefused(results, s.Now())
	for _, r := range results {
		c.note(r, p.tries, s.hosts)
	}
	for _, id := range p.missing {
		c.Ledger.End(c.offset(id), "", ledger.Gone)
	}
	for _, id := range slices.Concat(p.skipped, p.gone) {
		c.Ledger.CancelRetry(c.offset(id))
	}
	for _, d := range p.deferred {
		c.Ledger.End(c.offset(d.ID), countedAs(c.Ledger.PerService, d.Endpoint, ledger.Deferred, s.hosts), ledger.Deferred)
	}
	c.noteTime(s.Now(), p, results)
	c.countAnswers(results, s.hosts)
	c.Shard.Position = max(c.Shard.Position, p.upto)
	return p
}

// writePage writes a page that was noted in one transaction: the position, the counts,
// the ledger, the failures; and it retires the addresses that are gone. It returns
// [ErrFenced] if another worker has claimed the shard since: nothing is written then.
//
// It refreshes the claim's alert, so that a stop is seen before the next page.
func (s *Store) writePage(ctx context.Context, c *Claim, p page, results []Result) error {
	return s.save(ctx, c, func(tx *gorm.DB) error {
		haveCatchUp, err := lockCatchUps(tx, c, p)
		if err == nil {
			err = s.recordSubscriptions(tx, c, results)
		}
		if err != nil {
			return err
		}
		return s.recordCatchUps(tx, c, p, results, haveCatchUp)
	})
}

// writePageAgain writes a page after an attempt that returned an error. It does not
// write it twice if that attempt was committed.
func (s *Store) writePageAgain(ctx context.Context, c *Claim, p page, results []Result) error {
	written, err := s.isWritten(ctx, c)
	if err != nil || written {
		return err
	}
	return s.writePage(ctx, c, p, results)
}

// isWritten reports whether the shard's row is as the claim is, and refreshes the
// claim's alert.
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
	if row.Position != c.Shard.Position || !bytes.Equal(row.EncodedLedger, c.Shard.EncodedLedger) {
		return false, nil
	}
	c.isCounted()
	return true, nil
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

// changesKeyMismatch reports whether the answer changes what we know of the
// subscription's VAPID key.
func (r Result) changesKeyMismatch() bool {
	return r.KeyMismatch != r.Recipient.NeedsResubscribe && (r.KeyMismatch || r.Outcome == ledger.Accepted)
}

// note enters the outcome for a reader that was tried a number of times before. A retry
// that is due after the deadline is entered at the deadline: it never comes.
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

// noteTime enters when a page was recorded: for all readers up to its last, or for the
// retries that were accepted.
func (c *Claim) noteTime(now time.Time, p page, results []Result) {
	if p.upto > 0 {
		c.Ledger.AddPage(now, c.offset(p.upto))
		return
	}
	accepted := roaring.New()
	for _, r := range results {
		if r.Outcome == ledger.Accepted {
			accepted.Add(c.offset(r.Recipient.ID))
		}
	}
	c.Ledger.AddRetried(now, accepted)
}

// recordRecentAlerts adds an alert to the recent ones of readers with an hourly cap.
// Most readers of a page have the same recent alerts, so a few statements are enough.
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

// Failure says why a push to one reader failed. A push that was accepted leaves no row,
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

// gaveUp is the reason of a push that was waiting for a retry at the deadline.
const gaveUp = "gave up at the deadline"

// giveUp records a failure for every reader that is waiting for a retry.
func (s *Store) giveUp(ctx context.Context, c *Claim) error {
	for p, err := range s.retryPages(ctx, c, c.Ledger.Waiting()) {
		if err != nil {
			return err
		}
		results := make([]Result, len(p.recipients))
		for i, r := range p.recipients {
			results[i] = Result{Recipient: r, Outcome: ledger.Failed, NotAttempted: true, Reason: gaveUp}
		}
		if err := s.writePage(ctx, c, s.notePage(c, p, results), results); err != nil {
			return err
		}
	}
	return nil
}

func (c *Claim) failure(r Result, now time.Time) Failure {
	return Failure{
		AlertID: c.Alert.ID, SubscriptionID: r.Recipient.ID, PushHost: endpoints.PushService(r.Recipient.Endpoint),
		Status: r.Status, Reason: r.Reason, CreatedAt: now,
	}
}
