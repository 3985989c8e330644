package models

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// planBatch is the most shards that one step of a plan writes.
const planBatch = 16

// UnplannedAlerts returns the IDs of alerts whose undo window has ended and whose plan is
// not done, the most urgent first.
func (s *Store) UnplannedAlerts(ctx context.Context) ([]int64, error) {
	var ids []int64
	err := s.db.Read.WithContext(ctx).Model(&Alert{}).
		Where("state = ? AND hold_until <= ? OR state = ? AND planned_at IS NULL", Holding, s.Now(), Sending).
		Order("priority DESC, id").Pluck("id", &ids).Error
	return ids, domain(err)
}

// Plan makes the next shards of an alert's audience and returns them; it is called until
// done. The first step makes one shard, so that it is sent at once, and each further
// step as many as there are already. It returns [ErrPlanned] before the undo window has
// ended, after the last step, and when another worker has made the same step.
//
// The first step also supersedes the older alerts of the outage whose audience this
// one includes.
func (s *Store) Plan(ctx context.Context, alertID int64) (shards []ShardRef, done bool, err error) {
	alert, err := s.beginPlan(ctx, alertID)
	if err == nil {
		shards, done, err = s.planStep(ctx, alert)
	}
	if err != nil {
		return nil, false, fmt.Errorf("plan alert %d: %w", alertID, err)
	}
	if !done {
		return shards, false, nil
	}
	return shards, true, s.finishAlert(ctx, alertID) // an alert without readers is sent
}

// beginPlan sets the alert to sending, unless it is already.
func (s *Store) beginPlan(ctx context.Context, alertID int64) (alert Alert, err error) {
	err = s.transaction(ctx, func(tx *gorm.DB) (err error) {
		if alert, _, err = s.begin(tx, alertID); err == nil && (alert.State != Sending || alert.PlannedAt != nil) {
			err = ErrPlanned
		}
		return err
	})
	return alert, err
}

// EndUndoWindows makes the updates whose undo window has ended visible, and sets their alerts
// to sending. Any process may do it; each alert is returned once. One that fails holds up no
// other.
func (s *Store) EndUndoWindows(ctx context.Context) (begun []Alert, err error) {
	if err := s.adoptUpdates(ctx); err != nil {
		return nil, err
	}
	var alerts []int64
	err = s.db.Read.WithContext(ctx).Model(&Alert{}).Joins("JOIN updates ON updates.id = alerts.update_id AND NOT "+isVisible).
		Where("alerts.state = ? AND hold_until <= ?", Holding, s.Now()).Order("hold_until, alerts.id").Pluck("alerts.id", &alerts).Error
	if err != nil {
		return nil, domain(err)
	}
	for _, id := range alerts {
		var alert Alert
		var isBegun bool // unless another process was faster, or the alert was undone
		failed := s.transaction(ctx, func(tx *gorm.DB) (err error) {
			alert, isBegun, err = s.begin(tx, id)
			return err
		})
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("end the undo window of alert %d: %w", id, failed))
		} else if isBegun {
			begun = append(begun, alert)
		}
	}
	return begun, err
}

// adoptUpdates makes updates visible that a program of an older release has published beside
// this one: it knows no positions.
func (s *Store) adoptUpdates(ctx context.Context) error {
	var updates []Update
	err := s.db.Read.WithContext(ctx).Select("id", "outage_id", "published_at", "renderer").Order("id").
		Find(&updates, "held IS NULL AND NOT "+isVisible).Error
	if err != nil {
		return domain(err)
	}
	for _, update := range updates {
		err := s.transaction(ctx, func(tx *gorm.DB) error {
			if _, err := lockOutage(tx, update.OutageID); err != nil {
				return err
			}
			return place(tx, &update, update.PublishedAt)
		})
		if err != nil {
			return fmt.Errorf("adopt update %d: %w", update.ID, err)
		}
	}
	return nil
}

// begin sets an alert to sending if its undo window has just ended, and makes its update
// visible. It returns the alert as it is then, and whether this call began it.
func (s *Store) begin(tx *gorm.DB, alertID int64) (alert Alert, isBegun bool, err error) {
	hidden, err := lockHidden(tx, alertID)
	if err != nil {
		return alert, false, err
	}
	begun := tx.Model(&Alert{}).
		Where("id = ? AND state = ? AND hold_until <= ?", alertID, Holding, s.Now()).Update("state", Sending)
	if begun.Error != nil {
		return alert, false, begun.Error
	}
	isBegun = begun.RowsAffected == 1
	if isBegun && hidden != nil {
		if err := s.reveal(tx, *hidden); err != nil {
			return alert, false, err
		}
		if err := s.giveWay(tx, alertID); err != nil {
			return alert, false, err
		}
	}
	if alert, err = findAlert(tx, alertID); err != nil || !isBegun || alert.State != Sending || alert.IsCatchUp() {
		return alert, isBegun, err
	}
	if err := s.beginPilot(tx, &alert); err != nil {
		return alert, false, err
	}
	return alert, true, s.supersede(tx, alert)
}

// lockHidden locks the outage of an alert whose update is hidden, before the alert, as
// recording a page does. It returns nil for any other alert.
func lockHidden(tx *gorm.DB, alertID int64) (*Alert, error) {
	var hidden []Alert
	err := tx.Joins("JOIN updates ON updates.id = alerts.update_id AND NOT "+isVisible).
		Find(&hidden, "alerts.id = ? AND alerts.state = ?", alertID, Holding).Error
	if err != nil || len(hidden) == 0 {
		return nil, err
	}
	_, err = lockOutage(tx, hidden[0].OutageID)
	return &hidden[0], err
}

// supersede ends the older alerts of the outage whose readers are all in the audience of
// this one. An alert in its undo window is left: it gives way when the window ends.
func (s *Store) supersede(tx *gorm.DB, alert Alert) error {
	now := s.Now()
	return tx.Exec(`
		UPDATE alerts SET planned_at = coalesce(planned_at, ?), state = ?,
			finished_at = CASE WHEN state = ? THEN ? ELSE finished_at END
		WHERE outage_id = ? AND id < ? AND state IN (?, ?)
			AND EXISTS (SELECT 1 FROM updates WHERE updates.id = alerts.update_id AND `+isVisible+`) AND `+isWithin("?"),
		now, Superseded, Holding, now, alert.OutageID, alert.ID, Holding, Sending, alert.ID).Error
}

// isWithin is the condition of an alert whose readers are all in the audience of another,
// of which the ID is given.
func isWithin(other string) string {
	return `NOT EXISTS (SELECT 1 FROM alert_topics mine WHERE mine.alert_id = alerts.id AND NOT EXISTS (
		SELECT 1 FROM alert_topics theirs
		WHERE theirs.alert_id = ` + other + ` AND theirs.topic_id = mine.topic_id AND theirs.reach >= mine.reach))`
}

// giveWay supersedes an alert whose readers are all in the audience of a newer alert of the
// outage, which began while this one could still be undone.
func (s *Store) giveWay(tx *gorm.DB, alertID int64) error {
	now := s.Now()
	return tx.Exec(`
		UPDATE alerts SET planned_at = ?, state = ?, finished_at = ?
		WHERE id = ? AND EXISTS (SELECT 1 FROM alerts newer
			WHERE newer.outage_id = alerts.outage_id AND newer.id > alerts.id AND newer.state IN (?, ?) AND newer.catch_up_until IS NULL
			AND `+isWithin("newer.id")+")",
		now, Superseded, now, alertID, Sending, Sent).Error
}

// planStep cuts the shards outside the transaction, which only writes the rows. If two
// workers make the same step, the first one to write wins.
func (s *Store) planStep(ctx context.Context, alert Alert) (refs []ShardRef, done bool, err error) {
	var planned int64
	if err := s.db.Read.WithContext(ctx).Model(&Shard{}).Where("alert_id = ?", alert.ID).Count(&planned).Error; err != nil {
		return nil, false, err
	}
	a, err := alertAudience(s.db.Read.WithContext(ctx), alert)
	if err != nil {
		return nil, false, err
	}
	var shards []Shard
	size, upto := 0, alert.PlannedUpto
	for range min(max(planned, 1), planBatch) {
		var shard Shard
		var readers int
		if shard, readers, done, err = s.cut(ctx, alert, a, upto); err != nil {
			return nil, false, err
		}
		upto = max(upto, shard.UptoID)
		if readers > 0 { // all may have muted the outage, or have no address
			shards, size = append(shards, shard), size+readers
		}
		if done {
			break
		}
	}
	changes := map[string]any{"planned_upto": upto, "audience": gorm.Expr("audience + ?", size)}
	if done {
		changes["planned_at"] = s.Now()
	}
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		step := tx.Model(&Alert{}).Where("id = ? AND planned_upto = ? AND planned_at IS NULL", alert.ID, alert.PlannedUpto).Updates(changes)
		if step.Error != nil {
			return step.Error
		}
		if step.RowsAffected == 0 {
			return ErrPlanned
		}
		if len(shards) == 0 {
			return nil
		}
		return tx.Create(&shards).Error
	})
	for _, shard := range shards {
		refs = append(refs, ShardRef{ID: shard.ID, Priority: alert.Priority})
	}
	return refs, done, err
}

// cut finds the next shard, how many readers it has, and whether it is the last. It reads
// no more followers of each topic than a shard has, so that every cut costs the
// same.
func (s *Store) cut(ctx context.Context, alert Alert, a audience, after int64) (shard Shard, readers int, last bool, err error) {
	parts, args := a.followersOfEach(after, s.shardSize)
	if a.selected != nil {
		part, partArgs := a.sql(condition{"subscription_id > ?", []any{after}})
		parts, args = append(parts, part), append(args, partArgs...)
	}
	var followers int
	var first, upto int64
	err = s.db.Reads.QueryRowContext(ctx, s.db.Rebind(`
		SELECT count(*), coalesce(min(subscription_id), 0), coalesce(max(subscription_id), 0) FROM (
			`+strings.Join(parts, " UNION ")+` ORDER BY 1 LIMIT ?) AS next`), append(args, s.shardSize)...).
		Scan(&followers, &first, &upto)
	if err != nil || followers == 0 {
		return shard, 0, true, err
	}
	query, args := a.sql(condition{"subscription_id > ?", []any{after}}, condition{"subscription_id <= ?", []any{upto}})
	err = s.db.Reads.QueryRowContext(ctx, s.db.Rebind("SELECT count(*) FROM ("+query+`) AS readers
		JOIN subscriptions s ON s.id = readers.subscription_id WHERE s.gone_at IS NULL`), args...).Scan(&readers)
	return Shard{
		AlertID: alert.ID, AfterID: first - 1, UptoID: upto, Position: first - 1, // ledgers count from here
		DueAt: s.Now(), EncodedLedger: []byte{},
	}, readers, followers < s.shardSize, err
}
