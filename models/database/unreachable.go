package database

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// IsUnreachable reports whether a later try may succeed where a database could not be
// opened or migrated: the server is unreachable, starting, stopping, or full.
func IsUnreachable(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return isOfClass(refused, "08", "53", "57") // connection, resources, operator
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return false // a folder of this machine; such errors look like a network's
	}
	_, isNet := errors.AsType[net.Error](err)
	return isNet || errors.Is(err, errSilent) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// IsRefused reports whether a database refuses the login: a wrong password, or a database
// that does not exist.
func IsRefused(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && isOfClass(refused, "28", "3D")
}

// isOfClass compares the first two characters of an SQLSTATE.
func isOfClass(err *pgconn.PgError, classes ...string) bool {
	return slices.ContainsFunc(classes, func(class string) bool { return strings.HasPrefix(err.Code, class) })
}
