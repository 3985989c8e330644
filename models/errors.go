package models

import (
	"errors"
	"fmt"
	"newsbell/models/database"

	"gorm.io/gorm"
)

// The kinds of error that callers can act on. Test with [errors.Is].
var (
	ErrNotFound     = errors.New("not found")
	ErrConflict     = errors.New("conflict")
	ErrUnauthorized = errors.New("unauthorized")
	// ErrExpired says that a secret addressed a subscription whose address was
	// gone for longer than the grace period.
	ErrExpired = errors.New("this browser’s push address expired")
	// ErrTooSlow says that a query took longer than it may.
	ErrTooSlow = errors.New("too slow")
	// ErrFenced says that another worker has claimed the shard since.
	ErrFenced = errors.New("fenced: another worker has claimed the shard")
	// ErrOwned says that another worker owns the shard, and sends heartbeats.
	ErrOwned = errors.New("owned: another worker owns the shard")
	// ErrPlanned says that an alert's plan has no step to make now.
	ErrPlanned = errors.New("nothing to plan")
	// ErrFinished says that a shard is done.
	ErrFinished = errors.New("finished: nothing is left to do on the shard")
)

// domain turns a database's error into one of the domain's, keeping the cause.
func domain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, gorm.ErrRecordNotFound):
		return ErrNotFound
	case database.IsUniqueViolation(err):
		return fmt.Errorf("%w: already exists", ErrConflict)
	case database.IsForeignKeyViolation(err):
		return ErrNotFound
	}
	return err
}
