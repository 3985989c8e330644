package models

import (
	"context"
	"errors"
	"fmt"
)

var (
	// ErrOldSchema says that migrations of this program have not run.
	ErrOldSchema = errors.New("the database's schema is older than this program's")
	// ErrNewerSchema says that a newer program has migrated the database. This one
	// does not know what the tables mean now.
	ErrNewerSchema = errors.New("the database's schema is newer than this program knows; run the newer program")
)

// CheckSchema returns nil if the schema is the one that this program knows, or
// [ErrOldSchema] or [ErrNewerSchema] with both versions. It costs a query of one
// row.
func (s *Store) CheckSchema(ctx context.Context) error {
	var version int64 // 0 of an empty database
	err := s.reads.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version").Scan(&version)
	if err != nil && !isUndefinedTable(err) {
		return fmt.Errorf("read schema version: %w", err)
	}
	switch {
	case version < s.schema:
		return fmt.Errorf("%w (%d, not %d)", ErrOldSchema, version, s.schema)
	case version > s.schema:
		return fmt.Errorf("%w (%d, not %d)", ErrNewerSchema, version, s.schema)
	}
	return nil
}

// knownVersion is that of the newest migration in this program.
func (s *Store) knownVersion() (int64, error) {
	provider, err := s.dialect.migrationProvider(s.reads)
	if err != nil {
		return 0, err
	}
	sources := provider.ListSources()
	return sources[len(sources)-1].Version, nil
}
