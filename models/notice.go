package models

import (
	"context"
	"fmt"
	"time"

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
