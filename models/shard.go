package models

import (
	"context"
	"fmt"
	"time"

	"newsbell/models/events"
)

// Shard is a piece of an alert's audience: the subscriptions with
// AfterID < ID <= UptoID.
type Shard struct {
	ID      int64
	AlertID int64
	AfterID int64
	UptoID  int64
	// Position is the last ID that has been tried once.
	Position int64
	// Epoch counts the claims; it is the fence.
	Epoch int64
	// Heartbeat counts the owner's heartbeats; nil if no worker owns the shard.
	Heartbeat *int64
	// Done says that nothing is left to do.
	Done bool
	// DueAt is when there is something to do.
	DueAt time.Time
	// The counts, and Hosts, the counts per push service in JSON, repeat what the
	// ledger says, for queries about the whole alert.
	Accepted, Gone, Failed, Waiting int
	Deferred                        int `gorm:"column:held"`
	Hosts                           string
	EncodedLedger                   []byte `gorm:"column:ledger"`
}

// isTried reports whether every reader of the shard has been tried once.
func (shard *Shard) isTried() bool { return shard.Position >= shard.UptoID }

// isUntried is the condition of a shard with readers that have not been tried, as
// [Shard.isTried] says it in Go.
const isUntried = "NOT done AND position < upto_id"

// ShardRef names a shard to be enqueued for the workers.
type ShardRef struct {
	ID       int64
	Priority bool
	// Begun says that a worker was interrupted in the middle of the shard: some of its
	// readers have the alert.
	Begun bool
}

// Subject is the shard's own subject in the work queue: at most one message is queued or
// in flight on it. Shards that were begun and resolutions are on branches of their
// own.
func (r ShardRef) Subject() string {
	branch := "next"
	switch {
	case r.Begun:
		branch = "begun"
	case r.Priority:
		branch = "first"
	}
	return fmt.Sprintf("%s.%s.%d", events.SubjectWork, branch, r.ID)
}

// DueShards returns the shards that are due and that no worker owns: resolutions
// first, then those that were begun.
func (s *Store) DueShards(ctx context.Context, limit int) ([]ShardRef, error) {
	var due []ShardRef
	err := s.db.Read.WithContext(ctx).Raw(`
		SELECT s.id, a.priority, s.epoch > 0 AND s.position < s.upto_id AS begun
		FROM shards s JOIN alerts a ON a.id = s.alert_id
		WHERE NOT s.done AND s.heartbeat IS NULL AND (s.due_at <= ? OR a.state <> ?)
		ORDER BY a.priority DESC, begun DESC, s.alert_id, s.id LIMIT ?`, s.Now(), Sending, limit).Scan(&due).Error
	if err != nil {
		return nil, fmt.Errorf("due shards: %w", err)
	}
	return due, nil
}

// Shards are an alert's shards in order, without their ledgers.
func (s *Store) Shards(ctx context.Context, alertID int64) ([]Shard, error) {
	var shards []Shard
	err := s.db.Read.WithContext(ctx).Omit("ledger").Order("after_id").Find(&shards, "alert_id = ?", alertID).Error
	return shards, domain(err)
}

// FinishAlerts ends the alerts whose last worker died after it finished the last shard
// and before it ended the alert.
func (s *Store) FinishAlerts(ctx context.Context) error {
	var ids []int64
	err := s.db.Read.WithContext(ctx).Model(&Alert{}).Where(isFinishable).Pluck("id", &ids).Error
	for _, id := range ids {
		if err == nil {
			err = s.finishAlert(ctx, id)
		}
	}
	return domain(err)
}
