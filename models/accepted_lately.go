package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"newsbell/models/ledger"

	"github.com/RoaringBitmap/roaring/v2"
)

const (
	// A push was accepted lately for a subscription if that was one of the last
	// latelyAlerts alerts, and not longer ago than latelyWithin.
	latelyWithin = 30 * 24 * time.Hour
	latelyAlerts = 8
)

// AcceptedLately reports whether a push service has accepted an earlier alert for the
// recipient, and has refused none since.
func (c *Claim) AcceptedLately(r Recipient) bool {
	return !r.Refused() && c.acceptedLately.Contains(c.offset(r.ID))
}

// AnyAcceptedLately reports whether an earlier alert was accepted for any subscription.
func (c *Claim) AnyAcceptedLately() bool { return c.anyAccepted }

// Size is the size of the alert's audience: exact when the alert has been planned,
// and until then about the number of all subscriptions.
func (c *Claim) Size() int {
	if c.Alert.PlannedAt != nil {
		return c.Alert.Audience
	}
	return c.subscriptions
}

// readAcceptedLately reads from the ledgers of the last alerts which readers of the shard
// they were accepted for. It ignores a corrupt ledger.
func (s *Store) readAcceptedLately(ctx context.Context, c *Claim) error {
	c.acceptedLately = roaring.New()
	recent, args := s.acceptedBefore(c.Shard.AlertID)
	err := s.db.Reads.QueryRowContext(ctx, s.db.Rebind("SELECT EXISTS (SELECT 1 FROM shards WHERE "+recent+")"), args...).Scan(&c.anyAccepted)
	if err != nil || !c.anyAccepted {
		return err
	}
	ledgers, err := s.ledgers(ctx, recent+" AND after_id < ? AND upto_id > ?", append(args, c.Shard.UptoID, c.Shard.AfterID)...)
	if err != nil && !errors.Is(err, ledger.ErrCorrupt) {
		return err
	}
	for _, l := range ledgers {
		c.acceptedLately.Or(roaring.AddOffset64(l.Accepted, l.afterID-c.Shard.AfterID))
	}
	return nil
}

// acceptedBefore is the condition of the shards of the last alerts before one, which were
// accepted for readers.
func (s *Store) acceptedBefore(alertID int64) (condition string, args []any) {
	return `alert_id IN (SELECT id FROM alerts
		WHERE id < ? AND created_at > ? AND catch_up_until IS NULL ORDER BY id DESC LIMIT ?) AND accepted > 0`,
		[]any{alertID, s.Now().Add(-latelyWithin), latelyAlerts}
}

// readSize reads what [Claim.Size] returns while the alert is being planned.
func (s *Store) readSize(ctx context.Context, c *Claim) error {
	if c.Alert.PlannedAt != nil {
		return nil
	}
	err := s.db.Reads.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM subscriptions").Scan(&c.subscriptions)
	if err != nil {
		return fmt.Errorf("count subscriptions: %w", err)
	}
	return nil
}

// postponeFor is how long retries of unproven subscriptions are postponed at a time.
const postponeFor = 2 * time.Second

// delayUnproven postpones the retries of unproven subscriptions, those that no alert was
// accepted for, until everybody in the alert's audience has been tried once. Anybody
// can make subscriptions that never work; they must not delay readers.
func (s *Store) delayUnproven(ctx context.Context, c *Claim) error {
	now := s.Now()
	unproven := c.Ledger.Unproven(now, c.acceptedLately)
	if unproven.IsEmpty() {
		return nil
	}
	untried, err := s.hasUntried(ctx, c.Alert)
	if err != nil || !untried {
		return err
	}
	c.Ledger.Postpone(unproven, now.Add(postponeFor))
	return nil
}

// hasUntried reports whether a part of the audience has not been tried at all.
func (s *Store) hasUntried(ctx context.Context, alert Alert) (untried bool, err error) {
	if alert.PlannedAt == nil {
		return true, nil
	}
	err = s.db.Reads.QueryRowContext(ctx, s.db.Rebind("SELECT EXISTS (SELECT 1 FROM shards WHERE alert_id = ? AND "+isUntried+")"), alert.ID).
		Scan(&untried)
	return untried, err
}
