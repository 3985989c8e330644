package models

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"newsbell/models/ledger"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// noticeLease is how long a claim lasts: longer than a push takes.
const noticeLease = 20 * time.Second

// ClaimNotices claims notices that are due, with their subscriptions, except those of
// some push services. A worker that does not record an outcome in time loses the notice
// to another worker. Notices that are past their deadline or whose address is gone
// fail.
func (s *Store) ClaimNotices(ctx context.Context, limit int, except ...string) ([]Notice, error) {
	var claimed []Notice
	now := s.Now()
	due := func(db *gorm.DB) *gorm.DB {
		db = db.Where("state = ? AND due_at <= ?", NoticeWaiting, now)
		if len(except) == 0 {
			return db
		}
		return db.Where(`NOT EXISTS (SELECT 1 FROM subscriptions s
			WHERE s.id = notices.subscription_id AND s.push_service IN ?)`, except)
	}
	var some []int64
	if err := due(s.db.Read.WithContext(ctx)).Model(&Notice{}).Limit(1).Pluck("id", &some).Error; err != nil || len(some) == 0 {
		return nil, domain(err) // usually there is none, and nothing to lock
	}
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		free := tx.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"})
		if err := due(free).Preload("Subscription").Order("due_at, id").Limit(limit).Find(&claimed).Error; err != nil {
			return err
		}
		unsent := map[string][]int64{} // by the reason
		claimed = slices.DeleteFunc(claimed, func(n Notice) bool {
			reason := n.unsent(now)
			if reason != "" {
				unsent[reason] = append(unsent[reason], n.ID)
			}
			return reason != ""
		})
		for reason, ids := range unsent {
			if err := failNotices(tx, ids, reason, now); err != nil {
				return err
			}
		}
		if len(claimed) == 0 {
			return nil
		}
		return claimNotices(tx, claimed, now.Add(noticeLease))
	})
	if err != nil {
		return nil, fmt.Errorf("claim notices: %w", err)
	}
	return claimed, nil
}

// NoticeResult is the outcome of a notice.
type NoticeResult struct {
	Notice Notice
	Result
}

// RecordNotices writes the outcomes of claimed notices in one transaction, and retires
// the addresses that are gone. A notice that another worker has claimed since does not
// change. What was sent is recorded even when ctx has ended: failed is called with the
// error of each attempt that is followed by another.
func (s *Store) RecordNotices(ctx context.Context, results []NoticeResult, failed func(error)) error {
	return untilRecorded(ctx, func(ctx context.Context) error { return s.writeNotices(ctx, results) }, failed)
}

func (s *Store) writeNotices(ctx context.Context, results []NoticeResult) error {
	// Subscriptions first, and always in the order of their IDs, as everything locks
	// them that forgets or records at the same time.
	results = slices.SortedFunc(slices.Values(results), func(a, b NoticeResult) int {
		return cmp.Or(cmp.Compare(a.Notice.SubscriptionID, b.Notice.SubscriptionID), cmp.Compare(a.Notice.ID, b.Notice.ID))
	})
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		for _, r := range results {
			if err := r.recordSubscription(tx, s.Now()); err != nil {
				return err
			}
		}
		for _, r := range results {
			if err := r.record(tx, s.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record notices: %w", err)
	}
	return nil
}

// unsent returns why a notice cannot be sent any more; "" if it can.
func (n Notice) unsent(now time.Time) string {
	switch {
	case !now.Before(n.Deadline):
		return gaveUp
	case n.Subscription.GoneAt != nil:
		return GoneReason
	}
	return ""
}

// failNotices ends notices that cannot be sent any more. An earlier reason is kept.
func failNotices(tx *gorm.DB, ids []int64, reason string, now time.Time) error {
	return tx.Model(&Notice{}).Where("id IN ?", ids).UpdateColumns(map[string]any{
		"state": NoticeFailed, "answered_at": now,
		"reason": gorm.Expr("CASE WHEN reason = '' THEN ? ELSE reason END", reason),
	}).Error
}

// claimNotices claims notices whose rows are locked.
func claimNotices(tx *gorm.DB, notices []Notice, until time.Time) error {
	ids := make([]int64, len(notices))
	for i := range notices {
		n := &notices[i]
		n.Epoch, n.DueAt = n.Epoch+1, until
		ids[i] = n.ID
	}
	return tx.Model(&Notice{}).Where("id IN ?", ids).
		UpdateColumns(map[string]any{"epoch": gorm.Expr("epoch + 1"), "due_at": until}).Error
}

// isClaimed is the condition of a notice that no other worker has claimed since.
const isClaimed = "id = ? AND epoch = ? AND state = ?"

func (r NoticeResult) claim() []any { return []any{r.Notice.ID, r.Notice.Epoch, NoticeWaiting} }

func (r NoticeResult) recordSubscription(tx *gorm.DB, now time.Time) error {
	mine := tx.Where("id = ? AND EXISTS (SELECT 1 FROM notices WHERE "+isClaimed+")", append([]any{r.Recipient.ID}, r.claim()...)...)
	switch {
	case r.Outcome == ledger.Gone:
		_, err := retireAddress(mine, r.Recipient, now)
		return err
	}
	changes := map[string]any{}
	if r.changesKeyMismatch() {
		changes["needs_resubscribe"] = r.KeyMismatch
	}
	if r.Outcome == ledger.Accepted && r.Recipient.Refused() {
		maps.Copy(changes, noRefusals())
	}
	if len(changes) == 0 {
		return nil
	}
	return mine.Model(&Subscription{}).UpdateColumns(changes).Error
}

// record writes the outcome. If the retry would be due after the deadline, the notice
// fails.
func (r NoticeResult) record(tx *gorm.DB, now time.Time) error {
	changes := map[string]any{"status": r.Status, "reason": r.Reason}
	switch {
	case r.Outcome == ledger.Gone:
		changes["due_at"] = now // for a new endpoint; without one it fails then
	case r.Outcome == ledger.Waiting && r.Due.Before(r.Notice.Deadline):
		changes["due_at"] = r.Due.Truncate(time.Microsecond)
	case r.Outcome == ledger.Accepted:
		changes["state"], changes["answered_at"] = NoticeAccepted, now
	default:
		changes["state"], changes["answered_at"] = NoticeFailed, now
		changes["reason"] = cmp.Or(r.Reason, gaveUp)
	}
	return tx.Model(&Notice{}).Where(isClaimed, r.claim()...).UpdateColumns(changes).Error
}
