package models

import "context"

// MigrateTo brings the schema up or down to a version.
func (s *Store) MigrateTo(ctx context.Context, version int64) error {
	provider, err := s.migrationProvider()
	if err != nil {
		return err
	}
	if _, err := provider.UpTo(ctx, version); err != nil {
		return err
	}
	_, err = provider.DownTo(ctx, version)
	return err
}
