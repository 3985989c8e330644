package models

import (
	"context"
	"time"

	"newsbell/models/preferences"
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
