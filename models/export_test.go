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

// Failures are the failures of an alert, the oldest first.
func (s *Store) Failures(ctx context.Context, alert Alert, limit int) ([]Failure, error) {
	var failures []Failure
	err := s.db.Read.WithContext(ctx).Order("id").Limit(limit).Find(&failures, "alert_id = ?", alert.ID).Error
	return failures, domain(err)
}
