package models

import (
	"time"

	"newsbell/models/ledger"

	"gorm.io/gorm"
)

// A push service may refuse one subscription and take what is sent to others.
// Such refusals count against the subscription: after each it is left out of
// the alerts of a longer time, and in the end its address counts as gone. One
// accepted push, or a new address, ends the count.
const (
	// An address is gone after at least maxRefusals over at least refusedTooLong.
	maxRefusals    = 6
	refusedTooLong = 7 * 24 * time.Hour
)

// leftOutFor is for how long a subscription gets no alerts after its first,
// second, … refusal in a row; the last holds for all that follow.
var leftOutFor = [...]time.Duration{0, time.Hour, 6 * time.Hour, 24 * time.Hour, 48 * time.Hour, 72 * time.Hour}

// refusal is what a subscription's row says of its refusals in a row.
type refusal struct {
	count int
	since *time.Time // of the first; nil if there was none
}

// isLast tells whether one more refusal is enough to give the address up.
func (r refusal) isLast(now time.Time) bool {
	return r.count+1 >= maxRefusals && r.since != nil && now.Sub(*r.since) >= refusedTooLong
}

// leftOutUntil is when the subscription gets alerts again after one more
// refusal; nil if it goes on getting them.
func (r refusal) leftOutUntil(now time.Time) *time.Time {
	wait := leftOutFor[min(r.count, len(leftOutFor)-1)]
	if wait == 0 {
		return nil
	}
	until := now.Add(wait)
	return &until
}

// Refused tells whether the last pushes to the subscription were refused.
func (r Recipient) Refused() bool { return r.refusal.count > 0 }

// endRefused turns the refusals that were one too many into addresses that are
// gone.
func endRefused(results []Result, now time.Time) {
	for i := range results {
		r := &results[i]
		if r.Refused && r.Outcome == ledger.Failed && r.Recipient.refusal.isLast(now) {
			r.Outcome = ledger.Gone
		}
	}
}

// recordRefusals counts the refusals of a page, and forgets those of readers
// who were reached. Mostly there are none, and otherwise few kinds.
func recordRefusals(tx *gorm.DB, results []Result, now time.Time) error {
	refused := map[int][]int64{} // by how often before
	var reached []int64
	for _, r := range results {
		switch {
		case r.Refused && r.Outcome == ledger.Failed:
			count := r.Recipient.refusal.count
			refused[count] = append(refused[count], r.Recipient.ID)
		case r.Outcome == ledger.Accepted && r.Recipient.Refused():
			reached = append(reached, r.Recipient.ID)
		}
	}
	for count, readers := range refused {
		// The old count guards a browser that has a new endpoint by now.
		err := tx.Model(&Subscription{}).Where("id IN ? AND refusals = ?", readers, count).UpdateColumns(map[string]any{
			"refusals": count + 1, "refused_since": gorm.Expr("coalesce(refused_since, ?)", now),
			"refused_until": refusal{count: count}.leftOutUntil(now),
		}).Error
		if err != nil {
			return err
		}
	}
	if len(reached) == 0 {
		return nil
	}
	return tx.Model(&Subscription{}).Where("id IN ?", reached).UpdateColumns(noRefusals()).Error
}

// noRefusals are the columns of a subscription that was not refused lately.
func noRefusals() map[string]any {
	return map[string]any{"refusals": 0, "refused_since": nil, "refused_until": nil}
}
