package models

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
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
	case isUniqueViolation(err):
		return fmt.Errorf("%w: already exists", ErrConflict)
	case isForeignKeyViolation(err):
		return ErrNotFound
	}
	return err
}

func isUniqueViolation(err error) bool {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return true
	}
	return postgresCode(err) == "23505"
}

func isForeignKeyViolation(err error) bool {
	return sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY || postgresCode(err) == "23503"
}

func isUndefinedTable(err error) bool {
	return postgresCode(err) == "42P01" || sqliteCode(err) == sqlite3.SQLITE_ERROR && strings.Contains(err.Error(), "no such table")
}

func sqliteCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

func postgresCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}
