package models

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// wishes are what a reader asked for about when to be told.
type wishes struct {
	quietFrom, quietUntil sql.NullInt16
	keyWakes              bool
	hourlyCap             int
	timeZone              sql.NullString
	recent                recent
}

// wishes are the subscription's.
func (s Subscription) wishes() *wishes {
	w := &wishes{
		keyWakes: s.KeyWakes, hourlyCap: s.HourlyCap, recent: s.Recent,
		timeZone: sql.NullString{String: s.TimeZone, Valid: true},
	}
	if q, ok := s.QuietHours(); ok {
		w.quietFrom, w.quietUntil = sql.NullInt16{Int16: int16(q.From), Valid: true}, sql.NullInt16{Int16: int16(q.Until), Valid: true}
	}
	return w
}

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
		if r.wishes == nil {
			return false
		}
		until := r.wishes.free(now, c.Alert)
		if until.After(now) {
			page.deferred = append(page.deferred, deferredReader{r, until})
		}
		return until.After(now)
	})
	return page, nil
}

// free is the first moment from now on at which an alert may disturb.
func (w *wishes) free(now time.Time, alert Alert) time.Time {
	at := now
	if w.hourlyCap > 0 {
		at = w.recent.free(now, w.hourlyCap)
	}
	if !w.quietFrom.Valid || w.keyWakes && alert.wakes() && !at.After(now) {
		return at
	}
	return w.quiet().end(at, zoneOf(w.timeZone.String))
}

func (w *wishes) quiet() QuietHours {
	return QuietHours{From: WallTime(w.quietFrom.Int16), Until: WallTime(w.quietUntil.Int16)}
}

// wakes tells whether an alert goes to readers in quiet hours who let key
// moments through, which the end of an outage is too.
func (a Alert) wakes() bool {
	return a.CatchUpUntil == nil && (a.Update.AlertLevel == AlertKey || a.Update.Kind == Resolution)
}
