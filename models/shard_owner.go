package models

import (
	"context"
	"fmt"
	"strings"
)

// A shard's owner is the worker that claimed it last, until it or another worker releases
// the shard. The row counts the owner's heartbeats; each claim and each record is
// one too. A shard without an owner has no count, and only such a shard can be
// claimed.

// Fence identifies a claim. Writes that name it change nothing after the shard has been
// claimed again.
type Fence struct{ ShardID, Epoch int64 }

// OwnedShard is a shard with an owner.
type OwnedShard struct {
	ShardRef
	Epoch int64
	// Heartbeat is another number after each heartbeat.
	Heartbeat int64
}

// Fence returns the claim's fence.
func (c *Claim) Fence() Fence { return Fence{c.Shard.ID, c.Shard.Epoch} }

// Ref returns a reference to the claim's shard, with which another worker can continue.
func (c *Claim) Ref() ShardRef {
	return ShardRef{ID: c.Shard.ID, Priority: c.Alert.Priority, Begun: true}
}

// Fence returns the fence of the owner's claim.
func (o OwnedShard) Fence() Fence { return Fence{o.ID, o.Epoch} }

// OwnedShards returns the shards that have an owner, alive or not.
func (s *Store) OwnedShards(ctx context.Context) ([]OwnedShard, error) {
	var owned []OwnedShard
	err := s.db.Read.WithContext(ctx).Raw(`
		SELECT s.id, a.priority, TRUE AS begun, s.epoch, s.heartbeat FROM shards s JOIN alerts a ON a.id = s.alert_id
		WHERE NOT s.done AND s.heartbeat IS NOT NULL`).Scan(&owned).Error
	if err != nil {
		return nil, fmt.Errorf("owned shards: %w", err)
	}
	return owned, nil
}

// Heartbeat writes a heartbeat to the shards of this process's claims, in one statement. A
// row that is locked is skipped: it is being recorded, which is a heartbeat too. With
// no claims it only checks that the database takes writes.
func (s *Store) Heartbeat(ctx context.Context, claims []Fence) error {
	condition, args := "FALSE", make([]any, 0, 2*len(claims))
	if len(claims) > 0 {
		condition = "id = ? AND epoch = ?" + strings.Repeat(" OR id = ? AND epoch = ?", len(claims)-1)
	}
	for _, claim := range claims {
		args = append(args, claim.ShardID, claim.Epoch)
	}
	_, err := s.changeShards(ctx, "heartbeat + 1", "("+condition+")", args...)
	if err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	return nil
}

// Release makes a claim's shard available to other workers. A shard that has been claimed
// again does not change.
func (s *Store) Release(ctx context.Context, claim Fence) error {
	if _, err := s.changeShards(ctx, "NULL", "id = ? AND epoch = ?", claim.ShardID, claim.Epoch); err != nil {
		return fmt.Errorf("release shard %d: %w", claim.ShardID, err)
	}
	return nil
}

// ReleaseSilent takes a shard from its owner, unless there was a heartbeat since. An owner
// that wakes up before another worker claims the shard may still record its page,
// and owns the shard again.
func (s *Store) ReleaseSilent(ctx context.Context, o OwnedShard) (released bool, err error) {
	changed, err := s.changeShards(ctx, "NULL", "id = ? AND epoch = ? AND heartbeat = ?", o.ID, o.Epoch, o.Heartbeat)
	if err != nil {
		return false, fmt.Errorf("release silent shard %d: %w", o.ID, err)
	}
	return changed == 1, nil
}

// changeShards sets the heartbeat of owned shards, except those that are being recorded,
// and returns how many it changed.
func (s *Store) changeShards(ctx context.Context, heartbeat, which string, args ...any) (int64, error) {
	writes, err := s.db.Write.DB()
	if err != nil {
		return 0, err
	}
	result, err := writes.ExecContext(ctx, s.db.Rebind("UPDATE shards SET heartbeat = "+heartbeat+` WHERE id IN (
		SELECT id FROM shards WHERE `+which+" AND heartbeat IS NOT NULL AND NOT done"+s.db.SkipLocked+")"), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
