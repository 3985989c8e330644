package models

import (
	"context"

	"newsbell/models/migrations"
)

// MigrateDown takes the schema back to a version.
func (s *Store) MigrateDown(ctx context.Context, version int64) error {
	provider, err := migrations.Provider(s.db)
	if err != nil {
		return err
	}
	_, err = provider.DownTo(ctx, version)
	return err
}
