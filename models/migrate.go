package models

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the schema, and what is derived of its rows, up to date and
// returns the names of the migrations it ran, oldest first. Of processes that
// start together, one runs each. A schema that is newer than this program is
// [ErrNewerSchema].
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	migrate := s.migrate
	if s.file == "" && s.migrateURL == "" {
		migrate = s.checkMigrated
	}
	names, err := migrate(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return names, nil
}

// checkMigrated is for a database that is reached through a pooler only.
func (s *Store) checkMigrated(ctx context.Context) ([]string, error) {
	err := s.CheckSchema(ctx)
	if errors.Is(err, ErrOldSchema) {
		return nil, fmt.Errorf("migrations need a session of their own, which a pool of transactions does not give; say where they can run: %w", err)
	}
	if err != nil {
		return nil, err
	}
	return nil, s.renderUpdates(ctx)
}

func (s *Store) migrate(ctx context.Context) (names []string, err error) {
	unlock, err := s.lockMigrations(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	provider, err := s.migrationProvider()
	if err != nil {
		return nil, err
	}
	if s.file == "" {
		defer func() { err = errors.Join(err, provider.Close()) }()
	}
	results, err := provider.Up(ctx)
	for _, r := range results {
		names = append(names, r.Source.Path)
	}
	if err == nil {
		err = s.CheckSchema(ctx)
	}
	if err != nil {
		return nil, err
	}
	return names, s.renderUpdates(ctx)
}

// lockMigrations waits for other processes that migrate an SQLite file;
// PostgreSQL has a lock of its own for that.
func (s *Store) lockMigrations(ctx context.Context) (unlock func() error, err error) {
	if s.file == "" {
		return func() error { return nil }, nil
	}
	lock := flock.New(s.file + ".lock")
	if _, err := lock.TryLockContext(ctx, lockEvery); err != nil {
		return nil, fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	return lock.Unlock, nil
}

// lockEvery is how often a lock that another process has is asked for again.
const lockEvery = 20 * time.Millisecond

// migrationProvider has SQLite's writing connection, or one of PostgreSQL of its
// own, to be closed.
func (s *Store) migrationProvider() (*goose.Provider, error) {
	open := s.write.DB
	if s.file == "" {
		open = func() (*sql.DB, error) { return openPostgresToMigrate(s.migrateURL) }
	}
	db, err := open()
	if err != nil {
		return nil, err
	}
	return s.dialect.migrationProvider(db)
}

func (d dialect) migrationProvider(db *sql.DB) (*goose.Provider, error) {
	folder, err := fs.Sub(migrations, d.migrations)
	if err != nil {
		return nil, err
	}
	options, err := d.gooseOptions()
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	provider, err := goose.NewProvider(d.goose, db, folder, options...)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}
