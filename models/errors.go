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

// Problem says what is wrong with one field of an input.
type Problem struct {
	// Field is the input's JSON path: "headline", "states.messenger".
	Field   string
	Message string
}

// Invalid is an input that breaks a rule of the domain, with every problem found.
type Invalid struct{ Problems []Problem }

func (e *Invalid) Error() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = p.Field + ": " + p.Message
	}
	return "invalid: " + strings.Join(parts, "; ")
}

// problems collects what Validate methods find.
type problems []Problem

func (p *problems) add(field, format string, args ...any) {
	*p = append(*p, Problem{Field: field, Message: fmt.Sprintf(format, args...)})
}

// nested adds the problems of err under a field of their own.
func (p *problems) nested(field string, err error) {
	if invalid, ok := errors.AsType[*Invalid](err); ok {
		for _, problem := range invalid.Problems {
			p.add(field+"."+problem.Field, "%s", problem.Message)
		}
	}
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return &Invalid{Problems: p}
}

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
