package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"
)

// IsUnavailable reports whether an error says that the database cannot do its work
// now: it is locked, overloaded, read-only, restarting or out of reach. The same
// request may succeed later.
func IsUnavailable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	switch sqliteCode(err) & 0xff { // the rest is detail
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	if code := postgresCode(err); code != "" {
		return slices.Contains(unavailableClasses, code[:2]) || slices.Contains(unavailableCodes, code)
	}
	_, notConnected := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	return notConnected || network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, io.ErrUnexpectedEOF)
}

// PostgreSQL's classes and codes of temporary errors:
// https://www.postgresql.org/docs/current/errcodes-appendix.html
var (
	unavailableClasses = []string{
		"08", // connections
		"53", // too few resources
		"58", // the system around it
	}
	unavailableCodes = []string{
		"25006",                            // it is read-only
		"25P03",                            // our session was ended while it was idle
		"40001", "40P01", "55P03", "57014", // others had a lock for too long
		"57P01", "57P02", "57P03", "57P05", // it is ending or starting
	}
)
