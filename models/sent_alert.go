package models

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"newsbell/models/ledger"
)

// SentAlert is an alert to one reader, and its outcome.
type SentAlert struct {
	AlertID, UpdateID int64
	// Outage is the outage's slug.
	Outage   string
	IsDrill  bool
	Headline string
	// PublishedAt is when its update was published.
	PublishedAt time.Time
	Outcome     ledger.Outcome
	// CoveredBy is the later alert that covered this one after it was deferred; 0 if
	// there is none.
	CoveredBy int64
	// AcceptedAt is when the push service had accepted it, to within the time in which a
	// page is sent; nil if it has not, or if that is not known.
	AcceptedAt *time.Time
	// Shown, Clicked and Dismissed are what the reader's browser reported.
	Shown, Clicked, Dismissed bool
}

// lookBack is how many alerts are read for each that is wanted.
const lookBack = 3

// LastAlerts returns at most limit alerts of a subscription, but no drills, the newest first. It reads no
// more than three times as many alerts: for a reader who follows little, it may find
// fewer than there are. An alert that was deferred and then sent by a catch-up is
// returned once, as it was sent.
func (s *Store) LastAlerts(ctx context.Context, sub Subscription, limit int) ([]SentAlert, error) {
	found, err := s.sentAlerts(ctx, sub, limit*lookBack, limit*lookBack)
	isSent := map[int64]bool{} // by the update
	last := slices.DeleteFunc(found, func(a SentAlert) bool {
		if a.IsDrill {
			return true
		}
		isSent[a.UpdateID] = isSent[a.UpdateID] || a.Outcome == ledger.Accepted
		return a.Outcome == ledger.Deferred && isSent[a.UpdateID]
	})
	return last[:min(limit, len(last))], err
}

// sentAlerts finds at most limit alerts among the newest of all since the
// subscription was made: for each, one shard's row and a few bits.
func (s *Store) sentAlerts(ctx context.Context, sub Subscription, limit, among int) ([]SentAlert, error) {
	rows, err := s.db.Reads.QueryContext(ctx, s.db.Rebind(`
		SELECT a.id, a.update_id, o.kind = 'drill', o.slug, u.headline, u.published_at, s.after_id, s.upto_id, s.ledger, r.shown, r.clicked, r.dismissed
		FROM (SELECT id, outage_id, update_id FROM alerts
			WHERE planned_at IS NULL OR planned_at >= ? ORDER BY id DESC LIMIT ?) a
		JOIN shards s ON s.id = (SELECT id FROM shards WHERE alert_id = a.id AND after_id < ? ORDER BY after_id DESC LIMIT 1)
		JOIN updates u ON u.id = a.update_id JOIN outages o ON o.id = a.outage_id
		LEFT JOIN receipts r ON r.shard_id = s.id
		ORDER BY a.id DESC`), sub.CreatedAt, among, sub.ID)
	if err != nil {
		return nil, fmt.Errorf("alerts of subscription %d: %w", sub.ID, err)
	}
	defer rows.Close()
	var alerts []SentAlert
	covering := map[string]int64{} // the next alert that was accepted, by the outage
	for len(alerts) < limit && rows.Next() {
		alert, err := scanSentAlert(rows, sub.ID)
		if err != nil {
			return nil, fmt.Errorf("alerts of subscription %d: %w", sub.ID, err)
		}
		switch alert.Outcome {
		case ledger.Accepted:
			covering[alert.Outage] = alert.AlertID
		case ledger.Deferred:
			alert.CoveredBy = covering[alert.Outage]
		}
		if alert.Outcome != ledger.Untried {
			alerts = append(alerts, alert)
		}
	}
	return alerts, rows.Err()
}

// everyAlert is no limit.
const everyAlert = math.MaxInt32

func scanSentAlert(rows *sql.Rows, subscriptionID int64) (a SentAlert, err error) {
	var (
		l                                  shardLedger
		encoded, shown, clicked, dismissed sql.RawBytes
	)
	err = rows.Scan(&a.AlertID, &a.UpdateID, &a.IsDrill, &a.Outage, &a.Headline, &a.PublishedAt, &l.afterID, &l.uptoID, &encoded, &shown, &clicked, &dismissed)
	if err != nil {
		return a, err
	}
	a.Outcome = ledger.Untried
	if l.Ledger, err = ledger.Decode(encoded); err != nil {
		return a, nil // a ledger that cannot be read must not hide other alerts
	}
	if a.Outcome = l.sentTo(subscriptionID); a.Outcome == ledger.Untried {
		return a, nil
	}
	offset := uint32(subscriptionID - l.afterID)
	if at, known := l.RecordedAt(offset); known && a.Outcome == ledger.Accepted {
		a.AcceptedAt = &at
	}
	a.Shown = readReceipts(shown).Contains(offset)
	a.Clicked = readReceipts(clicked).Contains(offset)
	a.Dismissed = readReceipts(dismissed).Contains(offset)
	return a, nil
}
