package models

import (
	"context"
	"fmt"
	"time"

	"newsbell/models/ledger"

	"gorm.io/gorm"
)

// AlertState is how far an alert has come.
type AlertState string

const (
	// Holding waits for the undo window to end.
	Holding AlertState = "holding"
	// Sending has been planned into shards.
	Sending AlertState = "sending"
	// Sent has no unfinished shard.
	Sent AlertState = "sent"
	// Stopped was taken back by an editor; readers who have it keep it.
	Stopped AlertState = "stopped"
	// Superseded gave way to a newer alert of its outage, which is for at least the
	// same readers; readers who have it keep it.
	Superseded AlertState = "superseded"
)

// Alert is the notification that an update sends.
type Alert struct {
	ID       int64
	UpdateID int64
	OutageID int64
	// Priority goes before everything else that is queued: a resolution.
	Priority bool
	State    AlertState
	// HoldUntil is the end of the undo window.
	HoldUntil time.Time
	// Deadline is when the notifier gives up.
	Deadline time.Time
	// Audience is how many readers the plan has found.
	Audience int
	// PlannedUpto is the last subscription's ID that lies in a shard.
	PlannedUpto int64
	// PlannedAt is when the plan was done, or given up.
	PlannedAt  *time.Time
	FinishedAt *time.Time
	// PilotUntil is set while only the pilot's readers get it: when that ends at the latest.
	PilotUntil *time.Time
	// StopReason says in words why it stopped itself.
	StopReason string
	// CatchUpUntil is set in a catch-up: an alert for readers whose earlier alerts of
	// the outage were deferred, until this time at the latest. Its Update is the
	// latest state of the outage.
	CatchUpUntil *time.Time
	CreatedAt    time.Time
	Update       Update
	Outage       Outage
}

// IsCatchUp reports whether the alert gives readers the latest state of an outage whose
// alerts were deferred for them.
func (a Alert) IsCatchUp() bool { return a.CatchUpUntil != nil }

// isInPilot reports whether the alert is sent to the pilot's readers alone.
func (a Alert) isInPilot() bool { return a.PilotUntil != nil && a.State == Sending }

// hasEnded reports whether nothing more of the alert may be sent: it was stopped or
// superseded, or its deadline has passed.
func (a Alert) hasEnded(now time.Time) bool {
	return a.State != Sending || !now.Before(a.Deadline)
}

// isUrgent reports whether the alert is sent in quiet hours to readers who allow key
// moments in them.
func (a Alert) isUrgent() bool {
	return !a.IsCatchUp() && isUrgent(a.Update.Kind, a.Update.AlertLevel)
}

// isUrgent reports whether an update is a key moment; the end of an outage is one too.
func isUrgent(kind UpdateKind, level AlertLevel) bool { return level == AlertKey || kind == Resolution }

// Counts are the counts of an alert's readers. Their type is the ledger's, where the
// outcomes are counted first.
type Counts = ledger.Counts

// Alert finds an alert, with its update and outage.
func (s *Store) Alert(ctx context.Context, id int64) (Alert, error) {
	return findAlert(s.db.Read.WithContext(ctx), id)
}

// Counts adds up an alert's shards, and its receipts as far as they are written.
func (s *Store) Counts(ctx context.Context, alert Alert) (Counts, error) {
	counts := Counts{Audience: alert.Audience}
	err := s.db.Reads.QueryRowContext(ctx, s.db.Rebind(`
		SELECT coalesce(sum(accepted), 0), coalesce(sum(gone), 0), coalesce(sum(failed), 0), coalesce(sum(waiting), 0),
			coalesce(sum(held), 0)
		FROM shards WHERE alert_id = ?`), alert.ID).
		Scan(&counts.Accepted, &counts.Gone, &counts.Failed, &counts.Waiting, &counts.Deferred)
	if err != nil {
		return counts, domain(err)
	}
	receipts, err := s.countReceipts(ctx, alert.ID)
	counts.Shown, counts.Clicked, counts.Dismissed = receipts[0], receipts[1], receipts[2]
	return counts, err
}

// AlertsOf returns the alerts of an outage's updates, without catch-ups, by the update's
// ID.
func (s *Store) AlertsOf(ctx context.Context, outage Outage) (map[int64]Alert, error) {
	var alerts []Alert
	if err := s.db.Read.WithContext(ctx).Find(&alerts, "outage_id = ? AND catch_up_until IS NULL", outage.ID).Error; err != nil {
		return nil, domain(err)
	}
	byUpdate := make(map[int64]Alert, len(alerts))
	for _, alert := range alerts {
		byUpdate[alert.UpdateID] = alert
	}
	return byUpdate, nil
}

// LastAlert returns the last alert of an outage, without catch-ups and alerts in their undo
// window. Without one it is an [ErrNotFound].
func (s *Store) LastAlert(ctx context.Context, outage Outage) (alert Alert, err error) {
	return alert, domain(s.db.Read.WithContext(ctx).Preload("Update").
		Joins("JOIN updates ON updates.id = alerts.update_id AND "+isVisible).
		Where("alerts.outage_id = ? AND catch_up_until IS NULL", outage.ID).Order("alerts.id DESC").Take(&alert).Error)
}

// CatchUpsOf returns an outage's catch-ups, the oldest first, by the ID of their
// update.
func (s *Store) CatchUpsOf(ctx context.Context, outage Outage) (map[int64][]Alert, error) {
	var alerts []Alert
	err := s.db.Read.WithContext(ctx).Order("id").Find(&alerts, "outage_id = ? AND catch_up_until IS NOT NULL", outage.ID).Error
	byUpdate := map[int64][]Alert{}
	for _, alert := range alerts {
		byUpdate[alert.UpdateID] = append(byUpdate[alert.UpdateID], alert)
	}
	return byUpdate, domain(err)
}

// StopAlert takes an alert back: pages in flight are recorded, and no other page is
// sent. While its update is hidden, that undoes it: the update stays hidden, and its text
// returns to the draft that it was, unless something else has been written there since. An
// alert that has ended already is an [ErrConflict].
func (s *Store) StopAlert(ctx context.Context, id int64, actor string) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		alert, err := findAlert(tx, id)
		if err != nil {
			return err
		}
		if _, err := lockOutage(tx, alert.OutageID); err != nil { // before the alert, as recording a page does
			return err
		}
		if alert, err = findAlert(tx, id); err != nil { // its window may have just ended
			return err
		}
		var was AlertState
		stop := func(state AlertState, changes map[string]any) (bool, error) {
			was = state
			result := tx.Model(&Alert{}).Where("id = ? AND state = ?", id, state).Updates(changes)
			return result.RowsAffected == 1, result.Error
		}
		stopped, err := stop(Holding, map[string]any{"state": Stopped, "finished_at": s.Now()})
		if err == nil && !stopped {
			stopped, err = stop(Sending, map[string]any{"state": Stopped, "planned_at": gorm.Expr("coalesce(planned_at, ?)", s.Now())})
		}
		if err != nil {
			return err
		}
		if !stopped {
			if alert, err = findAlert(tx, id); err != nil {
				return err
			}
			return fmt.Errorf("%w: it is %s already", ErrConflict, alert.State)
		}
		if err := stopCatchUps(tx, alert); err != nil {
			return err
		}
		if alert.Update.IsHidden() {
			return s.undo(tx, alert, actor)
		}
		return s.audit(tx, actor, "stop alert", fmt.Sprint(id), changed(fields{"state": was}, fields{"state": Stopped}))
	})
	if err != nil {
		return fmt.Errorf("stop alert %d: %w", id, err)
	}
	return nil
}

// undo audits that an alert was undone, and returns its text to the draft.
func (s *Store) undo(tx *gorm.DB, alert Alert, actor string) error {
	if held := alert.Update.Held; held != nil && (held.PersonID != nil || held.TokenID != nil) {
		if err := s.restoreDraft(tx, alert, *held); err != nil {
			return err
		}
	}
	return s.audit(tx, actor, "undo "+string(alert.Update.Kind), fmt.Sprintf("%s#%d", alert.Outage.Subject(), alert.UpdateID),
		changed(fields{"state": Holding}, fields{"state": Stopped}))
}

// isFinishable is the condition of an alert whose shards are all done, and that has not
// been finished.
const isFinishable = `finished_at IS NULL AND planned_at IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM shards WHERE alert_id = alerts.id AND NOT done)`

// finishAlert ends an alert whose shards are all done. It runs outside the transaction
// that finished the last one, so that of two workers that finish at the same time at
// least one sees both.
func (s *Store) finishAlert(ctx context.Context, id int64) error {
	return s.db.Write.WithContext(ctx).Exec(`
		UPDATE alerts SET state = CASE state WHEN ? THEN ? ELSE state END, finished_at = ?
		WHERE id = ? AND `+isFinishable,
		Sending, Sent, s.Now(), id).Error
}

func findAlert(db *gorm.DB, id int64) (Alert, error) {
	var alert Alert
	if err := db.Preload("Update").Preload("Outage").Take(&alert, id).Error; err != nil {
		return Alert{}, fmt.Errorf("alert %d: %w", id, domain(err))
	}
	return alert, nil
}
