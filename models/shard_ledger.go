package models

import (
	"context"
	"database/sql"
	"fmt"

	"newsbell/models/ledger"
)

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
