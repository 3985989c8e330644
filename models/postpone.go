package models

import (
	"context"
	"time"
)

// postponeFor is how long who was never reached waits for the first try of
// everybody, before it is asked again whether all have had theirs.
const postponeFor = 2 * time.Second

// postponeUnproven lets those who were tried in vain, and never reached before,
// wait until everybody in the alert's audience has been tried once. Anybody can
// make subscriptions that never work; they must not delay readers.
func (s *Store) postponeUnproven(ctx context.Context, c *Claim) error {
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
