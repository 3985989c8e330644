package models

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the schema up to date and returns the names of the migrations
// it ran, oldest first.
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	provider, err := s.migrationProvider()
	if err != nil {
		return nil, err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		if pending, checkErr := provider.HasPending(ctx); checkErr == nil && !pending {
			return nil, nil // another process was faster
		}
		return nil, fmt.Errorf("migrate: %w", err)
	}
	names := make([]string, len(results))
	for i, r := range results {
		names[i] = r.Source.Path
	}
	return names, nil
}

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
