package models

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"newsbell/models/ledger"

	"github.com/RoaringBitmap/roaring/v2"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// A catch-up is a row: it notifies a reader of an outage when they may be disturbed
// again, instead of the alerts that were deferred, from the first to the last. When
// it is due it becomes part of an alert of its own, whose audience are those rows, and
// which gives the outage's latest state. A reader who has been notified of the outage
// since needs none.

// catchUpGrace is how long after its alert's deadline a catch-up with a retry can be
// part of another alert. That happens only if the alert was stopped.
const catchUpGrace = time.Minute

// catchUpReaders selects the readers whose catch-ups of an outage are due.
func catchUpReaders(outageID int64, until time.Time) *selection {
	return &selection{"SELECT subscription_id FROM catch_ups WHERE outage_id = ? AND due_at <= ?", []any{outageID, until}}
}

// OpenCatchUps creates an alert for each outage with due catch-ups, which is planned like
// any other. It waits while another alert of the outage is being planned or sent for
// the first time: readers who get that one need no catch-up.
func (s *Store) OpenCatchUps(ctx context.Context) error {
	now := s.Now()
	var due []int64
	err := s.db.Read.WithContext(ctx).Model(&Outage{}).Where(catchUpDue, now, Holding, Sending).Order("id").Pluck("id", &due).Error
	for _, id := range due {
		if err == nil {
			err = s.openCatchUp(ctx, id, now)
		}
	}
	if err != nil {
		return fmt.Errorf("open catch-ups: %w", domain(err))
	}
	return nil
}

const catchUpDue = `EXISTS (SELECT 1 FROM catch_ups WHERE outage_id = outages.id AND due_at <= ?)
	AND NOT EXISTS (SELECT 1 FROM alerts WHERE outage_id = outages.id AND (state = ? OR state = ? AND (planned_at IS NULL
		OR EXISTS (SELECT 1 FROM shards WHERE alert_id = alerts.id AND ` + isUntried + "))))"

func (s *Store) openCatchUp(ctx context.Context, outageID int64, now time.Time) error {
	return s.transaction(ctx, func(tx *gorm.DB) error {
		outage, err := lockOutage(tx, outageID)
		if err != nil {
			return err
		}
		if err := s.parkCatchUps(tx, outageID, now); err != nil {
			return err
		}
		// Another process or an editor may have been faster.
		var stillDue int64
		err = tx.Model(&Outage{}).Where("id = ?", outageID).Where(catchUpDue, now, Holding, Sending).Count(&stillDue).Error
		if err != nil || stillDue == 0 {
			return err
		}
		update, err := latestState(tx, outage)
		if errors.Is(err, gorm.ErrRecordNotFound) { // all alerts that were deferred have been stopped
			return tx.Exec("DELETE FROM catch_ups WHERE outage_id = ? AND due_at <= ?", outageID, now).Error
		}
		if err != nil {
			return err
		}
		return tx.Create(&Alert{
			UpdateID: update.ID, OutageID: outageID, State: Holding, HoldUntil: now, CatchUpUntil: &now, CreatedAt: now,
			Deadline: now.Add(s.ttlOf(update.Kind, AlertKey)),
		}).Error
	})
}

// latestState returns the update with the latest state of an outage: the newest whose
// alert was not stopped, or the resolution, even without an alert. A resolution does not count
// if the outage was opened again.
func latestState(tx *gorm.DB, outage Outage) (update Update, err error) {
	return update, tx.Where(isVisible).Where("kind <> ? OR ?", Resolution, outage.State == Resolved).Where("outage_id = ? AND (alert_level <> ? OR kind = ?)", outage.ID, AlertNone, Resolution).
		Where("NOT EXISTS (SELECT 1 FROM alerts WHERE update_id = updates.id AND catch_up_until IS NULL AND state = ?)", Stopped).
		Order("position DESC").Take(&update).Error
}

// lockOutage locks an outage until the transaction ends: nothing else writes its catch-ups
// or publishes in it.
func lockOutage(tx *gorm.DB, id int64) (outage Outage, err error) {
	return outage, tx.Clauses(clause.Locking{Strength: "UPDATE"}).Take(&outage, id).Error
}

// lockCatchUps returns which readers of a page have a catch-up of the outage. If the page
// changes any catch-up, it locks the outage until the page is recorded. Apart from its
// own shard it locks nothing before the outage, so that there is no deadlock.
func lockCatchUps(tx *gorm.DB, c *Claim, p page) (haveCatchUp map[int64]bool, err error) {
	if haveCatchUp, err = findCatchUps(tx, c, p); err == nil && len(haveCatchUp)+len(p.deferred) > 0 {
		_, err = lockOutage(tx, c.Alert.OutageID)
	}
	return haveCatchUp, err
}

// findCatchUps returns which readers of a page have a catch-up of the outage.
func findCatchUps(tx *gorm.DB, c *Claim, p page) (map[int64]bool, error) {
	first, last, ok := p.span()
	if !ok {
		return nil, nil
	}
	var ids []int64
	err := tx.Raw("SELECT subscription_id FROM catch_ups WHERE outage_id = ? AND subscription_id BETWEEN ? AND ?",
		c.Alert.OutageID, first, last).Scan(&ids).Error
	found := make(map[int64]bool, len(ids))
	for _, id := range ids {
		found[id] = true
	}
	return found, err
}

// recordCatchUps ends or defers the catch-ups of a page's readers, and writes new ones for
// the readers that are deferred.
func (s *Store) recordCatchUps(tx *gorm.DB, c *Claim, p page, results []Result, haveCatchUp map[int64]bool) error {
	var notified, waiting []int64
	gone := slices.DeleteFunc(slices.Clone(p.gone), func(id int64) bool { return !haveCatchUp[id] })
	for _, r := range results {
		switch {
		case !haveCatchUp[r.Recipient.ID]:
		case r.Outcome == ledger.Waiting:
			waiting = append(waiting, r.Recipient.ID)
		case r.Outcome == ledger.Gone:
			gone = append(gone, r.Recipient.ID)
		case r.Outcome == ledger.Accepted, c.Alert.IsCatchUp():
			notified = append(notified, r.Recipient.ID)
		}
	}
	if c.Alert.IsCatchUp() {
		notified = append(notified, p.skipped...)
	}
	if err := endCatchUps(tx, c.Alert, notified); err != nil {
		return err
	}
	if err := deferCatchUps(tx, c.Alert, waiting, c.Alert.Deadline.Add(catchUpGrace)); err != nil {
		return err
	}
	if err := deferCatchUps(tx, c.Alert, gone, s.Now().Add(s.goneGrace)); err != nil {
		return err
	}
	return s.writeCatchUps(tx, c, p.deferred)
}

// endCatchUps deletes the catch-ups of readers that an alert has notified.
func endCatchUps(tx *gorm.DB, alert Alert, readers []int64) error {
	if len(readers) == 0 {
		return nil
	}
	return tx.Exec("DELETE FROM catch_ups WHERE outage_id = ? AND alert_id <= ? AND subscription_id IN ?", alert.OutageID, alert.ID, readers).Error
}

// deferCatchUps assigns the catch-ups of readers to an alert until a time.
func deferCatchUps(tx *gorm.DB, alert Alert, readers []int64, until time.Time) error {
	if len(readers) == 0 {
		return nil
	}
	return tx.Exec("UPDATE catch_ups SET due_at = ?, alert_id = ? WHERE outage_id = ? AND alert_id <= ? AND subscription_id IN ?",
		until, alert.ID, alert.OutageID, alert.ID, readers).Error
}

// writeCatchUps writes the catch-ups of readers that were deferred, unless the alert was
// stopped or superseded.
func (s *Store) writeCatchUps(tx *gorm.DB, c *Claim, deferred []deferredReader) error {
	if len(deferred) == 0 {
		return nil
	}
	var state AlertState
	err := tx.Model(&c.Alert).Clauses(clause.Locking{Strength: "SHARE"}).Select("state").Scan(&state).Error
	if err != nil || state != Sending {
		return err
	}
	byDue := map[time.Time][]int64{}
	for _, d := range deferred {
		due := wholeMinute(d.until) // few different times
		byDue[due] = append(byDue[due], d.ID)
	}
	for _, due := range slices.SortedFunc(maps.Keys(byDue), time.Time.Compare) {
		err := tx.Exec(`
			INSERT INTO catch_ups (outage_id, subscription_id, first_alert_id, alert_id, reach, due_at)
			SELECT ?, id, ?, ?, ?, ? FROM subscriptions WHERE id IN ? ORDER BY id
			ON CONFLICT (outage_id, subscription_id) DO UPDATE SET
				first_alert_id = CASE WHEN excluded.first_alert_id < catch_ups.first_alert_id THEN excluded.first_alert_id ELSE catch_ups.first_alert_id END,
				alert_id = CASE WHEN excluded.alert_id > catch_ups.alert_id THEN excluded.alert_id ELSE catch_ups.alert_id END,
				reach = CASE WHEN excluded.reach > catch_ups.reach THEN excluded.reach ELSE catch_ups.reach END,
				due_at = excluded.due_at`,
			c.Alert.OutageID, c.Alert.ID, c.Alert.ID, c.audience.reach(), due, byDue[due]).Error
		if err != nil {
			return fmt.Errorf("defer to catch-ups: %w", err)
		}
	}
	return nil
}

// wholeMinute is a time, or the minute that begins after it.
func wholeMinute(t time.Time) time.Time { return t.Add(time.Minute - 1).Truncate(time.Minute) }

// releaseCatchUps makes the catch-ups due again of readers that were waiting for a
// retry, if a newer alert has superseded theirs: they are part of the next one.
func (s *Store) releaseCatchUps(tx *gorm.DB, c *Claim, waiting *roaring.Bitmap) error {
	if !c.Alert.IsCatchUp() || c.Alert.State != Superseded || waiting.IsEmpty() {
		return nil
	}
	readers := make([]int64, 0, waiting.GetCardinality())
	for it := waiting.Iterator(); it.HasNext(); {
		readers = append(readers, c.Shard.AfterID+int64(it.Next()))
	}
	return deferCatchUps(tx, c.Alert, readers, s.Now())
}

// stopCatchUps deletes the catch-ups that an alert made necessary, or was for, when it is
// stopped.
func stopCatchUps(tx *gorm.DB, alert Alert) error {
	if !alert.IsCatchUp() {
		return tx.Exec("DELETE FROM catch_ups WHERE outage_id = ? AND first_alert_id = ? AND alert_id = ?", alert.OutageID, alert.ID, alert.ID).Error
	}
	return tx.Exec("DELETE FROM catch_ups WHERE outage_id = ? AND (due_at <= ? OR alert_id = ?)", alert.OutageID, *alert.CatchUpUntil, alert.ID).Error
}

// reviseCatchUps moves the catch-ups of a reader to the time that their delivery
// preferences allow now. If the next catch-up comes before a retry of the last one, the
// retry is cancelled.
func (s *Store) reviseCatchUps(tx *gorm.DB, sub Subscription) error {
	now := s.Now()
	due := sub.deliveryPreferences().NextAllowed(now, false)
	if due.After(now) {
		due = wholeMinute(due)
	}
	return tx.Exec("UPDATE catch_ups SET due_at = ? WHERE subscription_id = ?", due, sub.ID).Error
}

// dropCatchUps deletes the catch-ups that are not for a reader by what they follow now.
// A reader who muted the outage until its resolution still gets the catch-up of the
// resolution.
func dropCatchUps(tx *gorm.DB, subscriptionID int64) error {
	return tx.Exec(`DELETE FROM catch_ups WHERE subscription_id = ? AND (
		EXISTS (SELECT 1 FROM follows JOIN topics ON topics.id = topic_id
			WHERE follows.subscription_id = catch_ups.subscription_id
			AND kind = ? AND slug IN (SELECT slug FROM outages WHERE id = catch_ups.outage_id AND (muted = ? OR muted = ? AND state = ?)))
		OR NOT EXISTS (SELECT 1 FROM follows JOIN topics ON topics.id = topic_id
			WHERE follows.subscription_id = catch_ups.subscription_id AND (min_level <= reach OR muted = ?) AND (
				kind = ? AND slug IN (SELECT slug FROM outages WHERE id = catch_ups.outage_id)
				OR kind = ? AND slug IN (SELECT slug FROM apps WHERE id IN (
					SELECT app_id FROM outage_apps WHERE outage_id = catch_ups.outage_id
					UNION SELECT app_id FROM update_apps JOIN updates ON updates.id = update_id WHERE updates.outage_id = catch_ups.outage_id)))))`,
		subscriptionID, OutageTopic, MutedForGood, MutedUntilResolution, Ongoing, MutedUntilResolution, OutageTopic, AppTopic).Error
}

// reach is the widest of an audience's topics: it decides later which followers a
// catch-up is for.
func (a audience) reach() Level {
	if len(a.topics) == 0 {
		return LevelAll
	}
	return slices.MaxFunc(a.topics, func(x, y AlertTopic) int { return cmp.Compare(x.Reach, y.Reach) }).Reach
}
