package database

import (
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// Dialect is what differs between the databases in hand-written SQL.
type Dialect struct {
	Goose goose.Dialect
	// Migrations is the folder of the dialect's migrations.
	Migrations string
	// Numbered says that placeholders are $1, $2, … instead of ?.
	Numbered bool
	// SkipLocked ends a subquery that selects rows to change, and skips those that others
	// are changing. SQLite has one writer at a time.
	SkipLocked string
}

var (
	sqliteDialect   = Dialect{Goose: goose.DialectSQLite3, Migrations: "sqlite"}
	postgresDialect = Dialect{
		Goose: goose.DialectPostgres, Migrations: "postgres", Numbered: true, SkipLocked: " FOR UPDATE SKIP LOCKED",
	}
)

// Rebind writes the ? of a statement as the dialect's placeholders. The statement
// must have no other ?.
func (d Dialect) Rebind(query string) string {
	if !d.Numbered {
		return query
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		query = after
	}
}
