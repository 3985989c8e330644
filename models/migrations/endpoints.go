package migrations

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"slices"

	"newsbell/models/database"
	"newsbell/models/endpoints"
)

// endpointMigration gives endpoints one spelling, which needs more than SQL.
type endpointMigration struct {
	dialect database.Dialect
	tx      *sql.Tx
}

// storedEndpoint is what it knows of a subscription.
type storedEndpoint struct {
	id           int64
	endpoint     string
	hash         []byte
	p256dh, auth []byte
}

func (e storedEndpoint) isNormal() bool {
	return endpoints.Normalize(e.endpoint) == e.endpoint && bytes.Equal(e.hash, endpoints.Hash(e.endpoint))
}

func (e storedEndpoint) hasKeysOf(other storedEndpoint) bool {
	return bytes.Equal(e.p256dh, other.p256dh) && bytes.Equal(e.auth, other.auth)
}

// normalise gives all spellings of an endpoint one hash, and one row.
func (m endpointMigration) normalise(ctx context.Context) error {
	groups := map[string][]storedEndpoint{}
	err := m.each(ctx, func(e storedEndpoint) error {
		if !e.isNormal() {
			hash := string(endpoints.Hash(e.endpoint))
			groups[hash] = append(groups[hash], e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for hash, group := range groups {
		there, err := m.read(ctx, "endpoint_hash = ?", []byte(hash))
		if err != nil {
			return err
		}
		if err := m.unite(ctx, append(group, there...)); err != nil {
			return err
		}
	}
	return nil
}

// unite keeps one subscription of those that have the same endpoint. Of those with the
// same keys, the newest is kept, with the follows of the others too. Those whose keys
// differ from the oldest's are a stranger's and are deleted: with one spelling they would
// have been a conflict.
func (m endpointMigration) unite(ctx context.Context, group []storedEndpoint) error {
	slices.SortFunc(group, func(a, b storedEndpoint) int { return cmp.Compare(a.id, b.id) })
	group = slices.CompactFunc(group, func(a, b storedEndpoint) bool { return a.id == b.id })
	newest := group[0]
	for _, e := range group {
		if e.hasKeysOf(newest) {
			newest = e
		}
	}
	for _, e := range group {
		if e.id == newest.id {
			continue
		}
		if e.hasKeysOf(newest) {
			err := m.exec(ctx, `UPDATE follows SET subscription_id = ? WHERE subscription_id = ?
				AND topic_id NOT IN (SELECT topic_id FROM follows WHERE subscription_id = ?)`, newest.id, e.id, newest.id)
			if err != nil {
				return err
			}
		}
		if err := m.exec(ctx, "DELETE FROM subscriptions WHERE id = ?", e.id); err != nil {
			return err
		}
	}
	return m.exec(ctx, "UPDATE subscriptions SET endpoint = ?, endpoint_hash = ? WHERE id = ?",
		endpoints.Normalize(newest.endpoint), endpoints.Hash(newest.endpoint), newest.id)
}

// hashAsSpelled is the way back: a hash of each endpoint as it is spelled.
func (m endpointMigration) hashAsSpelled(ctx context.Context) error {
	return m.each(ctx, func(e storedEndpoint) error {
		sum := sha256.Sum256([]byte(e.endpoint))
		if bytes.Equal(e.hash, sum[:]) {
			return nil
		}
		return m.exec(ctx, "UPDATE subscriptions SET endpoint_hash = ? WHERE id = ?", sum[:], e.id)
	})
}

// each reads all subscriptions, a batch at a time.
func (m endpointMigration) each(ctx context.Context, fn func(storedEndpoint) error) error {
	for after := int64(0); ; {
		batch, err := m.read(ctx, "id > ? ORDER BY id LIMIT ?", after, migrationBatch)
		if err != nil {
			return err
		}
		for _, e := range batch {
			if err := fn(e); err != nil {
				return err
			}
			after = e.id
		}
		if len(batch) < migrationBatch {
			return nil
		}
	}
}

// migrationBatch is how many rows are in memory at a time.
const migrationBatch = 5000

func (m endpointMigration) read(ctx context.Context, condition string, args ...any) (found []storedEndpoint, err error) {
	rows, err := m.tx.QueryContext(ctx, m.dialect.Rebind(
		"SELECT id, endpoint, endpoint_hash, p256dh, auth FROM subscriptions WHERE "+condition), args...)
	if err != nil {
		return nil, fmt.Errorf("read endpoints: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e storedEndpoint
		if err := rows.Scan(&e.id, &e.endpoint, &e.hash, &e.p256dh, &e.auth); err != nil {
			return nil, fmt.Errorf("read endpoints: %w", err)
		}
		found = append(found, e)
	}
	return found, rows.Err()
}

func (m endpointMigration) exec(ctx context.Context, statement string, args ...any) error {
	_, err := m.tx.ExecContext(ctx, m.dialect.Rebind(statement), args...)
	return err
}
