package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// shardBatch is how many shard rows one INSERT holds.
const shardBatch = 500

// UnplannedAlerts are the IDs of alerts whose undo window has ended and that
// nobody has planned, the most urgent first.
func (s *Store) UnplannedAlerts(ctx context.Context) ([]int64, error) {
	var ids []int64
	err := s.read.WithContext(ctx).Model(&Alert{}).Where("state = ? AND hold_until <= ?", Holding, s.Now()).
		Order("priority DESC, id").Pluck("id", &ids).Error
	return ids, domain(err)
}

// Plan cuts an alert's audience into shards and begins to send it, in one
// transaction. Of several workers who plan an alert one does it; the others,
// and whoever comes before the undo window has ended, get [ErrFinished].
func (s *Store) Plan(ctx context.Context, alertID int64) error {
	now := s.Now()
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		begun := tx.Model(&Alert{}).
			Where("id = ? AND state = ? AND hold_until <= ?", alertID, Holding, now).
			Updates(map[string]any{"state": Sending, "planned_at": now})
		if begun.Error != nil {
			return begun.Error
		}
		if begun.RowsAffected == 0 {
			return ErrFinished
		}
		alert, err := findAlert(tx, alertID)
		if err != nil {
			return err
		}
		shards, audience, err := s.cut(tx, alert)
		if err != nil {
			return err
		}
		if err := tx.Model(&alert).Update("audience", audience).Error; err != nil || len(shards) == 0 {
			return err
		}
		return tx.CreateInBatches(shards, shardBatch).Error
	})
	if err != nil {
		return fmt.Errorf("plan alert %d: %w", alertID, err)
	}
	return s.finishAlert(ctx, alertID) // an alert without readers is sent
}

// cut finds the IDs between which each shard lies, and the size of the
// audience.
func (s *Store) cut(tx *gorm.DB, alert Alert) (shards []Shard, size int, err error) {
	a, err := alertAudience(tx, alert)
	if err != nil {
		return nil, 0, err
	}
	query, args := a.sql()
	rows, err := tx.Raw(`
		SELECT subscription_id, n, total FROM (
			SELECT subscription_id, row_number() OVER (ORDER BY subscription_id) AS n, count(*) OVER () AS total
			FROM (`+query+`) AS f
		) AS numbered WHERE n = 1 OR n % ? = 0 OR n = total ORDER BY n`, append(args, s.shardSize)...).Rows()
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	var after, id int64
	for n := 0; rows.Next(); {
		if err := rows.Scan(&id, &n, &size); err != nil {
			return nil, 0, err
		}
		if n == 1 {
			after = id - 1 // ledgers count from here
		}
		if n%s.shardSize == 0 || n == size {
			shards = append(shards, Shard{
				AlertID: alert.ID, AfterID: after, UptoID: id, Position: after,
				State: Unfinished, DueAt: *alert.PlannedAt, EncodedLedger: []byte{},
			})
			after = id
		}
	}
	return shards, size, rows.Err()
}
