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
	waits := c.Ledger.waits.unproven(now, c)
	if len(waits) == 0 {
		return nil
	}
	untried, err := s.hasUntried(ctx, c.Alert)
	if err != nil || !untried {
		return err
	}
	for _, group := range waits {
		for it := group.readers.Iterator(); it.HasNext(); {
			offset := it.Next()
			c.Ledger.waits.remove(offset)
			c.Ledger.waits.add(offset, wait{host: group.host, due: roundUp(now.Add(postponeFor)), tries: group.tries})
		}
	}
	return nil
}

// unproven are those who are due, have been tried and were not reached lately.
func (w waits) unproven(now time.Time, c *Claim) (found waits) {
	for _, group := range w {
		if group.due > now.Unix() || group.tries == 0 {
			continue
		}
		group.readers = group.readers.Clone()
		group.readers.AndNot(c.reached)
		if !group.readers.IsEmpty() {
			found = append(found, group)
		}
	}
	return found
}

// hasUntried tells whether a part of the audience has not been tried at all.
func (s *Store) hasUntried(ctx context.Context, alert Alert) (untried bool, err error) {
	if alert.PlannedAt == nil {
		return true, nil
	}
	err = s.reads.QueryRowContext(ctx, s.dialect.rebind(`SELECT EXISTS (
		SELECT 1 FROM shards WHERE alert_id = ? AND NOT done AND position < upto_id)`), alert.ID).Scan(&untried)
	return untried, err
}
