package models

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// deferredReader is somebody who is not to be disturbed until a time.
type deferredReader struct {
	Recipient
	until time.Time
}

// HoldBack takes out of a page who has been told of the outage since by a newer
// alert, and the readers that an alert may not disturb now, for a catch-up to tell them
// later. It is called when the page is about to be sent.
func (s *Store) HoldBack(ctx context.Context, c *Claim, page Page) (Page, error) {
	page, err := s.leaveOutTold(ctx, c, page)
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
