package models

import (
	"context"
	"time"

	"newsbell/models/ledger"
	"newsbell/models/preferences"

	"gorm.io/gorm"
)

// Recipient is what a push needs to know of a subscription.
type Recipient struct {
	ID               int64
	Endpoint         string
	P256DH, Auth     []byte
	VAPIDKeyID       int64
	NeedsResubscribe bool

	refusal  refusal
	delivery *preferences.Delivery // nil for most
}

// recipients fills a page with the subscriptions that a query selects. It returns how
// many there were, including those that are skipped or gone, and the last one's ID.
func (s *Store) recipients(ctx context.Context, p *page, query string, args []any) (read int, last int64, err error) {
	rows, err := s.db.Reads.QueryContext(ctx, s.db.Rebind(`
		SELECT s.id, s.endpoint, s.p256dh, s.auth, s.vapid_key_id, s.needs_resubscribe, s.paused_until, s.gone_at IS NOT NULL,
			s.refusals, s.refused_since, s.refused_until,
			s.quiet_from, s.quiet_until, s.key_wakes, s.hourly_cap,
			CASE WHEN s.quiet_from IS NULL AND s.hourly_cap = 0 THEN NULL ELSE s.time_zone END,
			CASE WHEN s.hourly_cap = 0 THEN NULL ELSE s.recent END
		FROM (`+query+`) f JOIN subscriptions s ON s.id = f.subscription_id ORDER BY s.id`), args...)
	if err != nil {
		return 0, 0, err
	}
	defer rows.Close()
	now := s.Now()
	for rows.Next() {
		var (
			r               Recipient
			paused, refused *time.Time
			isGone          bool
			d               preferences.Delivery
		)
		if err := rows.Scan(&r.ID, &r.Endpoint, &r.P256DH, &r.Auth, &r.VAPIDKeyID, &r.NeedsResubscribe, &paused, &isGone,
			&r.refusal.count, &r.refusal.since, &refused,
			&d.QuietFrom, &d.QuietUntil, &d.KeyWakes, &d.HourlyCap, &d.TimeZone, (*[]byte)(&d.Recent)); err != nil {
			return 0, 0, err
		}
		if d.TimeZone.Valid {
			r.delivery = &d
		}
		read, last = read+1, r.ID
		if isGone {
			p.gone = append(p.gone, r.ID)
			continue
		}
		if isBefore(now, paused) || isBefore(now, refused) {
			p.skipped = append(p.skipped, r.ID)
			continue
		}
		p.recipients = append(p.recipients, r)
	}
	return read, last, rows.Err()
}

// isBefore reports whether now is before a time, if there is one.
func isBefore(now time.Time, until *time.Time) bool { return until != nil && now.Before(*until) }

// A push service may refuse one subscription and accept pushes for others. Such refusals
// count against the subscription: after each it gets no alerts for a longer time, and in
// the end its address counts as gone. An accepted push or a new address ends the
// count.
const (
	// An address is gone after at least maxRefusals over at least refusedTooLong.
	maxRefusals    = 6
	refusedTooLong = 7 * 24 * time.Hour
)

// skippedFor is how long a subscription gets no alerts after its first, second, …
// refusal in a row; the last one is for all further refusals.
var skippedFor = [...]time.Duration{0, time.Hour, 6 * time.Hour, 24 * time.Hour, 48 * time.Hour, 72 * time.Hour}

// refusal is what a subscription's row says of its refusals in a row.
type refusal struct {
	count int
	since *time.Time // of the first; nil if there was none
}

// isLast reports whether the address is given up with one more refusal.
func (r refusal) isLast(now time.Time) bool {
	return r.count+1 >= maxRefusals && r.since != nil && now.Sub(*r.since) >= refusedTooLong
}

// skippedUntil is when the subscription gets alerts again after one more refusal; nil if
// it still gets them.
func (r refusal) skippedUntil(now time.Time) *time.Time {
	wait := skippedFor[min(r.count, len(skippedFor)-1)]
	if wait == 0 {
		return nil
	}
	until := now.Add(wait)
	return &until
}

// Refused reports whether the last pushes to the subscription were refused.
func (r Recipient) Refused() bool { return r.refusal.count > 0 }

// endRefused turns the last refusals of subscriptions into addresses that are gone.
func endRefused(results []Result, now time.Time) {
	for i := range results {
		r := &results[i]
		if r.Refused && r.Outcome == ledger.Failed && r.Recipient.refusal.isLast(now) {
			r.Outcome = ledger.Gone
		}
	}
}

// recordRefusals counts the refusals of a page, and resets the count of recipients that
// accepted. Usually a few statements are enough.
func recordRefusals(tx *gorm.DB, results []Result, now time.Time) error {
	refused := map[int][]int64{} // by the count before
	var accepted []int64
	for _, r := range results {
		switch {
		case r.Refused && r.Outcome == ledger.Failed:
			count := r.Recipient.refusal.count
			refused[count] = append(refused[count], r.Recipient.ID)
		case r.Outcome == ledger.Accepted && r.Recipient.Refused():
			accepted = append(accepted, r.Recipient.ID)
		}
	}
	for count, readers := range refused {
		// Only with the old count: a browser may have a new endpoint by now.
		err := tx.Model(&Subscription{}).Where("id IN ? AND refusals = ?", readers, count).UpdateColumns(map[string]any{
			"refusals": count + 1, "refused_since": gorm.Expr("coalesce(refused_since, ?)", now),
			"refused_until": refusal{count: count}.skippedUntil(now),
		}).Error
		if err != nil {
			return err
		}
	}
	if len(accepted) == 0 {
		return nil
	}
	return tx.Model(&Subscription{}).Where("id IN ?", accepted).UpdateColumns(noRefusals()).Error
}

// noRefusals are the columns of a subscription that was not refused lately.
func noRefusals() map[string]any {
	return map[string]any{"refusals": 0, "refused_since": nil, "refused_until": nil}
}
