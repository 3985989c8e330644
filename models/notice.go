package models

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"newsbell/models/ledger"
	"newsbell/models/validation"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Notice is a notification to one subscription alone, which its reader asked for: it is
// sent during a pause and in quiet hours too.
type Notice struct {
	ID             int64
	SubscriptionID int64
	Subscription   Subscription
	Kind           NoticeKind
	State          NoticeState
	// Epoch counts the claims; it is the fence.
	Epoch int64
	// DueAt is when it may be claimed, while its state is waiting.
	DueAt    time.Time
	Deadline time.Time
	// Status is the push service's last HTTP status; 0 if there was none. Reason
	// says in safe words what was wrong.
	Status int
	Reason string
	// Content is the [Notification] of a [DraftNotice], in JSON.
	Content    string
	CreatedAt  time.Time
	AnsweredAt *time.Time
}

// NoticeKind says what a notice is for.
type NoticeKind string

const (
	// WelcomeNotice shows how an alert will look, after the first follow.
	WelcomeNotice NoticeKind = "welcome"
	// TestNotice shows that notifications arrive.
	TestNotice NoticeKind = "test"
	// DraftNotice shows an editor their draft, in a [LinkedBrowser]. Readers cannot request
	// it.
	DraftNotice NoticeKind = "draft"
)

// NoticeState is how far a notice has come.
type NoticeState string

const (
	NoticeWaiting  NoticeState = "waiting"
	NoticeAccepted NoticeState = "accepted"
	NoticeFailed   NoticeState = "failed"
)

const (
	// noticesKept is how long a browser may ask for the state of a notice.
	noticesKept = 24 * time.Hour
	// noticesDeleted is how many one transaction deletes at most.
	noticesDeleted = 1000
)

// noticeLives bound how long the notifier tries to send a notice that a reader requests.
var noticeLives = map[NoticeKind]time.Duration{WelcomeNotice: time.Hour, TestNotice: time.Minute}

// CreateNotice writes a notice to be sent.
func (s *Store) CreateNotice(ctx context.Context, sub Subscription, kind NoticeKind) (Notice, error) {
	life, known := noticeLives[kind]
	if !known {
		var p validation.Problems
		p.Add("kind", `must be "welcome" or "test"`)
		return Notice{}, p.Err()
	}
	now := s.Now()
	notice := Notice{
		SubscriptionID: sub.ID, Kind: kind, State: NoticeWaiting,
		DueAt: now, Deadline: now.Add(life), CreatedAt: now,
	}
	err := s.transaction(ctx, func(tx *gorm.DB) error { return tx.Omit(clause.Associations).Create(&notice).Error })
	if err != nil {
		return Notice{}, fmt.Errorf("create notice: %w", err)
	}
	return notice, nil
}

// Notice finds a notice of a subscription. One of another subscription is an
// [ErrNotFound].
func (s *Store) Notice(ctx context.Context, sub Subscription, id int64) (Notice, error) {
	var notice Notice
	err := s.db.Read.WithContext(ctx).Take(&notice, "id = ? AND subscription_id = ?", id, sub.ID).Error
	if err != nil {
		return Notice{}, fmt.Errorf("notice %d: %w", id, domain(err))
	}
	return notice, nil
}

// Recipient is the subscription a claimed notice is for.
func (n Notice) Recipient() Recipient {
	sub := n.Subscription
	return Recipient{
		ID: sub.ID, Endpoint: sub.Endpoint, P256DH: sub.P256DH, Auth: sub.Auth,
		VAPIDKeyID: sub.VAPIDKeyID, NeedsResubscribe: sub.NeedsResubscribe,
		refusal: refusal{sub.Refusals, sub.RefusedSince},
	}
}

// DeleteOldNotices deletes the notices older than a day.
func (s *Store) DeleteOldNotices(ctx context.Context) error {
	before := s.Now().Add(-noticesKept)
	for {
		var upto *int64
		err := s.db.Reads.QueryRowContext(ctx, s.db.Rebind(`
			SELECT max(id) FROM (SELECT id, created_at FROM notices ORDER BY id LIMIT ?) AS oldest
			WHERE created_at < ?`), noticesDeleted, before).Scan(&upto)
		if err == nil && upto != nil {
			err = s.transaction(ctx, func(tx *gorm.DB) error {
				return tx.Delete(&Notice{}, "id <= ? AND created_at < ?", *upto, before).Error
			})
		}
		if err != nil {
			return fmt.Errorf("delete old notices: %w", err)
		}
		if upto == nil {
			return nil
		}
	}
}

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
