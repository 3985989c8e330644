package models

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"newsbell/models/ledger"
)

// deferredReader is somebody who is not to be disturbed until a time.
type deferredReader struct {
	Recipient
	until time.Time
}

// HoldBack takes out of a page who has the alert already, from a worker that stopped in
// the middle of the page, who has been told of the outage since by a newer alert, and the
// readers that an alert may not disturb now, for a catch-up to tell them later. It is
// called when the page is about to be sent.
func (s *Store) HoldBack(ctx context.Context, c *Claim, page Page) (Page, error) {
	page, err := s.skipAlreadyNotified(ctx, c, c.untried(page))
	if err != nil {
		return Page{}, fmt.Errorf("hold back: %w", err)
	}
	now := s.Now()
	page.Recipients = slices.DeleteFunc(page.Recipients, func(r Recipient) bool {
		if r.delivery == nil {
			return false
		}
		until := r.delivery.NextAllowed(now, c.Alert.isUrgent())
		if until.After(now) {
			page.deferred = append(page.deferred, deferredReader{r, until})
		}
		return until.After(now)
	})
	return page, nil
}

// skipAlreadyNotified leaves out of a page the readers that another alert has told of the same
// update or of a newer one. An alert that waited, or came late, must not put
// something old on the screen in place of something new.
func (s *Store) skipAlreadyNotified(ctx context.Context, c *Claim, page Page) (Page, error) {
	if len(page.Recipients) == 0 {
		return page, nil
	}
	first, last := page.Recipients[0].ID, page.Recipients[len(page.Recipients)-1].ID
	told, err := s.ledgers(ctx, `alert_id IN (SELECT id FROM alerts WHERE outage_id = ? AND update_id >= ? AND id <> ?)
		AND accepted > 0 AND upto_id >= ? AND after_id < ?`, c.Alert.OutageID, c.Alert.UpdateID, c.Alert.ID, first, last)
	if errors.Is(err, ledger.ErrCorrupt) {
		return page, nil // its next claim rebuilds it
	}
	if err != nil || len(told) == 0 {
		return page, err
	}
	page.Recipients = slices.DeleteFunc(page.Recipients, func(r Recipient) bool {
		isTold := slices.ContainsFunc(told, func(l shardLedger) bool { return l.sentTo(r.ID) == ledger.Accepted })
		if isTold {
			page.leftOut = append(page.leftOut, r.ID)
		}
		return isTold
	})
	return page, nil
}
