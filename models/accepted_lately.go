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
	// A subscription was reached lately if one of the last alerts, not older than
	// this, was accepted for it.
	reachedWithin = 30 * 24 * time.Hour
	reachedAlerts = 8
)

// AcceptedLately tells whether a push service has taken an earlier alert for
// the recipient, and none has been refused since.
func (c *Claim) AcceptedLately(r Recipient) bool {
	return !r.Refused() && c.reached.Contains(c.offset(r.ID))
}

// AnyAcceptedLately tells whether anybody at all was reached lately.
func (c *Claim) AnyAcceptedLately() bool { return c.someReached }

// Size is about how large the alert's audience is: exact when it has been
// planned, and until then at most as many as there are subscriptions.
func (c *Claim) Size() int {
	if c.Alert.PlannedAt != nil {
		return c.Alert.Audience
	}
	return c.subscriptions
}

// readAcceptedLately reads from the ledgers of the last alerts who of the shard was
// reached lately. A corrupt ledger says nothing.
func (s *Store) readAcceptedLately(ctx context.Context, c *Claim) error {
	c.reached = roaring.New()
	const recent = `alert_id IN (SELECT id FROM alerts
		WHERE id < ? AND created_at > ? AND catch_up_until IS NULL ORDER BY id DESC LIMIT ?) AND accepted > 0`
	args := []any{c.Shard.AlertID, s.Now().Add(-reachedWithin), reachedAlerts}
	err := s.db.Reads.QueryRowContext(ctx, s.db.Rebind("SELECT EXISTS (SELECT 1 FROM shards WHERE "+recent+")"), args...).Scan(&c.someReached)
	if err != nil || !c.someReached {
		return err
	}
	ledgers, err := s.ledgers(ctx, recent+" AND after_id < ? AND upto_id > ?", append(args, c.Shard.UptoID, c.Shard.AfterID)...)
	if err != nil && !errors.Is(err, ledger.ErrCorrupt) {
		return err
	}
	for _, l := range ledgers {
		c.reached.Or(roaring.AddOffset64(l.Accepted, l.afterID-c.Shard.AfterID))
	}
	return nil
}

// readSize reads what [Claim.Size] answers while the alert is being planned.
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

// postponeFor is how long who was never reached waits for the first try of
// everybody, before it is asked again whether all have had theirs.
const postponeFor = 2 * time.Second

// delayUnproven lets those who were tried in vain, and never reached before,
// wait until everybody in the alert's audience has been tried once. Anybody can
// make subscriptions that never work; they must not delay readers.
func (s *Store) delayUnproven(ctx context.Context, c *Claim) error {
	now := s.Now()
	unproven := c.Ledger.Unproven(now, c.reached)
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

// hasUntried tells whether a part of the audience has not been tried at all.
func (s *Store) hasUntried(ctx context.Context, alert Alert) (untried bool, err error) {
	if alert.PlannedAt == nil {
		return true, nil
	}
	err = s.db.Reads.QueryRowContext(ctx, s.db.Rebind(`SELECT EXISTS (
		SELECT 1 FROM shards WHERE alert_id = ? AND NOT done AND position < upto_id)`), alert.ID).Scan(&untried)
	return untried, err
}
