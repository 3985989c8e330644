package models

import (
	"time"

	"newsbell/models/ledger"

	"gorm.io/gorm"
)

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
