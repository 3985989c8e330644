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
	// ErrTooSlow says that the database took longer than this may take.
	ErrTooSlow = errors.New("too slow")
	// ErrFenced says that another worker has claimed the shard since.
	ErrFenced = errors.New("fenced: another worker has the shard")
	// ErrOwned says that another worker owns the shard, and has not been silent
	// for long.
	ErrOwned = errors.New("owned: another worker has the shard")
	// ErrPlanned says that there is no step of an alert's plan to make now.
	ErrPlanned = errors.New("nothing to plan")
	// ErrFinished says that there is nothing left to do on a shard.
	ErrFinished = errors.New("finished")
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
