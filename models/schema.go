package models

import (
	"context"
	"errors"
	"fmt"
	"newsbell/models/database"
	"newsbell/models/migrations"
)

var (
	// ErrOldSchema says that migrations of this program have not run.
	ErrOldSchema = errors.New("the database's schema is older than this program's")
	// ErrNewerSchema says that a newer release has migrated the database: this one does
	// not know its tables.
	ErrNewerSchema = errors.New("the database's schema is newer than this program knows; run the newer program")
)

// CheckSchema returns nil if the schema is the one that this program knows, or
// [ErrOldSchema] or [ErrNewerSchema] with both versions. It costs a query of one
// row.
func (s *Store) CheckSchema(ctx context.Context) error {
	var version int64 // 0 of an empty database
	err := s.db.Reads.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version").Scan(&version)
	if err != nil && !database.IsUndefinedTable(err) {
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

// Migrate brings the schema, and what is derived from its rows, up to date. It returns
// the names of the migrations that ran, the oldest first. If processes start at the
// same time, one of them runs each migration. A schema that is newer than this program is [ErrNewerSchema].
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	migrate := s.migrate
	if s.db.File == "" && s.db.MigrateURL == "" {
		migrate = s.checkMigrated
	}
	names, err := migrate(ctx)
	if err == nil {
		err = s.renderUpdates(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return names, nil
}

func (s *Store) migrate(ctx context.Context) ([]string, error) {
	names, err := migrations.Up(ctx, s.db)
	if err != nil {
		return nil, err
	}
	return names, s.CheckSchema(ctx)
}

// checkMigrated is for a database that is reached through a pooler only.
func (s *Store) checkMigrated(ctx context.Context) ([]string, error) {
	err := s.CheckSchema(ctx)
	if errors.Is(err, ErrOldSchema) {
		return nil, fmt.Errorf("migrations need a session of their own, which a pool of transactions does not give; say where they can run: %w", err)
	}
	return nil, err
}

// NotReady says why a process cannot do its work now.
type NotReady struct {
	// Words may be shown to anybody: they contain no address and no name.
	Words string
	// Cause is for the log.
	Cause error
}

func (e *NotReady) Error() string {
	if e.Cause == nil {
		return e.Words
	}
	return fmt.Sprintf("%s: %v", e.Words, e.Cause)
}

func (e *NotReady) Unwrap() error { return e.Cause }

// Ready returns nil if the database answers, has the schema that this program
// knows, and can be written to; else a [NotReady].
func (s *Store) Ready(ctx context.Context) error {
	err := s.CheckSchema(ctx)
	switch {
	case errors.Is(err, ErrOldSchema):
		return &NotReady{"the database's schema is older than this program's", err}
	case errors.Is(err, ErrNewerSchema):
		return &NotReady{"the database's schema is newer than this program knows", err}
	case err != nil:
		return &NotReady{"the database does not answer", err}
	}
	if err := s.db.CheckWritable(ctx); err != nil {
		return &NotReady{"the database takes no changes", err}
	}
	return nil
}
