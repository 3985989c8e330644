package models

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"newsbell/models/events"
	"newsbell/models/ledger"
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
	// Piloted says that the shard's part of the alert's pilot has been sent.
	Piloted bool
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
		SELECT s.id, a.priority, s.epoch > 0 AND s.position < s.upto_id AND NOT (s.piloted AND s.position = s.after_id) AS begun
		FROM shards s JOIN alerts a ON a.id = s.alert_id
		WHERE NOT s.done AND s.heartbeat IS NULL AND (s.due_at <= ? AND NOT (s.piloted AND a.pilot_until IS NOT NULL) OR a.state <> ?)
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

// SentTo returns the outcome of an alert for a subscription. It reads one shard's row and
// one bit. Before the alert is planned, the outcome is [ledger.Untried].
func (s *Store) SentTo(ctx context.Context, alertID, subscriptionID int64) (ledger.Outcome, error) {
	ledgers, err := s.ledgers(ctx, "alert_id = ? AND after_id < ? ORDER BY after_id DESC LIMIT 1", alertID, subscriptionID)
	if err != nil || len(ledgers) == 0 {
		return ledger.Untried, err
	}
	return ledgers[0].sentTo(subscriptionID), nil
}

// shardLedger is a ledger with the IDs that its offsets stand for.
type shardLedger struct {
	ledger.Ledger
	afterID, uptoID int64
}

func (l *shardLedger) sentTo(id int64) ledger.Outcome {
	if id <= l.afterID || id > l.uptoID {
		return ledger.Untried
	}
	return l.Outcome(uint32(id - l.afterID))
}

// ledgers reads the ledgers of the shards that a condition selects.
func (s *Store) ledgers(ctx context.Context, condition string, args ...any) (found []shardLedger, err error) {
	rows, err := s.db.Reads.QueryContext(ctx, s.db.Rebind("SELECT after_id, upto_id, ledger FROM shards WHERE "+condition), args...)
	if err != nil {
		return nil, fmt.Errorf("read ledgers: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			l       shardLedger
			encoded sql.RawBytes
		)
		err := rows.Scan(&l.afterID, &l.uptoID, &encoded)
		if err == nil {
			l.Ledger, err = ledger.Decode(encoded)
		}
		if err != nil {
			return nil, fmt.Errorf("read ledger after %d: %w", l.afterID, err)
		}
		found = append(found, l)
	}
	return found, rows.Err()
}

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
