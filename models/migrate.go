package models

import (
	"context"
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
// start together, one runs each.
func (s *Store) Migrate(ctx context.Context) (names []string, err error) {
	unlock, err := s.lockMigrations(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	provider, err := s.migrationProvider()
	if err != nil {
		return nil, err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	for _, r := range results {
		names = append(names, r.Source.Path)
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

// Migrated tells whether the schema is the one that this program knows.
func (s *Store) Migrated(ctx context.Context) (bool, error) {
	provider, err := s.migrationProvider()
	if err != nil {
		return false, err
	}
	pending, err := provider.HasPending(ctx)
	return !pending, err
}

func (s *Store) migrationProvider() (*goose.Provider, error) {
	folder, err := fs.Sub(migrations, s.dialect.migrations)
	if err != nil {
		return nil, err
	}
	db, err := s.write.DB()
	if err != nil {
		return nil, err
	}
	options, err := s.dialect.gooseOptions()
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	provider, err := goose.NewProvider(s.dialect.goose, db, folder, options...)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}
