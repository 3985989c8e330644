package models

import (
	"context"

	"newsbell/models/migrations"
)

// MigrateTo brings the schema up or down to a version.
func (s *Store) MigrateTo(ctx context.Context, version int64) error {
	provider, err := migrations.Provider(s.db)
	if err != nil {
		return err
	}
	if _, err := provider.UpTo(ctx, version); err != nil {
		return err
	}
	_, err = provider.DownTo(ctx, version)
	return err
}
