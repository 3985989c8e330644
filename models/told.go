package models

import (
	"context"
	"errors"
	"slices"
)

// leaveOutTold leaves out of a page whom another alert has told of the same
// update or of a newer one. An alert that waited, or came late, must not put
// something old on the screen in place of something new.
func (s *Store) leaveOutTold(ctx context.Context, c *Claim, page Page) (Page, error) {
	if len(page.Recipients) == 0 {
		return page, nil
	}
	var newer []int64
	err := s.read.WithContext(ctx).Model(&Alert{}).
		Where("outage_id = ? AND update_id >= ? AND id <> ? AND state <> ?", c.Alert.OutageID, c.Alert.UpdateID, c.Alert.ID, Holding).
		Order("id DESC").Limit(maxNewer).Pluck("id", &newer).Error
	if err != nil || len(newer) == 0 {
		return page, domain(err)
	}
	first, last := page.Recipients[0].ID, page.Recipients[len(page.Recipients)-1].ID
	var told []shardLedger
	for _, id := range newer {
		ledgers, err := s.ledgers(ctx, "alert_id = ? AND upto_id >= ? AND after_id < ?", id, first, last)
		if errors.Is(err, errCorruptLedger) {
			continue // its next claim rebuilds it
		}
		if err != nil {
			return page, err
		}
		told = append(told, ledgers...)
	}
	page.Recipients = slices.DeleteFunc(page.Recipients, func(r Recipient) bool {
		isTold := slices.ContainsFunc(told, func(l shardLedger) bool { return l.sentTo(r.ID) == Accepted })
		if isTold {
			page.leftOut = append(page.leftOut, r.ID)
		}
		return isTold
	})
	return page, nil
}

// maxNewer bounds how many newer alerts of the outage are looked at.
const maxNewer = 20
