package models

import (
	"context"
	"time"
)

// MigrateDown takes the schema back to a version.
func (s *Store) MigrateDown(ctx context.Context, version int64) error {
	provider, err := s.migrationProvider()
	if err != nil {
		return err
	}
	_, err = provider.DownTo(ctx, version)
	return err
}

// CorrectMachine lets the machine of a store on PostgreSQL have another clock.
func (s *Store) CorrectMachine(clock func() time.Time) { s.clock.machine = clock }
