package models

import (
	"context"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// dialect is what differs between the databases in hand-written SQL.
type dialect struct {
	goose goose.Dialect
	// migrations is the folder of the dialect's migrations.
	migrations string
	// numbered says that placeholders are $1, $2, … instead of ?.
	numbered bool
	// skipLocked ends a subquery whose rows are changed, but for those that
	// others are changing. SQLite has one writer at a time.
	skipLocked string
	// checkWritable tells whether a store can be written to.
	checkWritable func(context.Context, *Store) error
}

var (
	sqliteDialect = dialect{
		goose: goose.DialectSQLite3, migrations: "migrations/sqlite", checkWritable: checkSQLiteWritable,
	}
	postgresDialect = dialect{
		goose: goose.DialectPostgres, migrations: "migrations/postgres", numbered: true, checkWritable: checkPostgresWritable,
		skipLocked: " FOR UPDATE SKIP LOCKED",
	}
)

// gooseOptions name the migrations that are written in Go, and let the processes
// of a fleet that start together migrate one after the other.
func (d dialect) gooseOptions() ([]goose.ProviderOption, error) {
	options := []goose.ProviderOption{goose.WithGoMigrations(d.pushServicesMigration())}
	if d.goose != goose.DialectPostgres {
		return options, nil
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60)) // each second, for a minute
	if err != nil {
		return nil, err
	}
	return append(options, goose.WithSessionLocker(locker)), nil
}

// rebind writes the ? of a statement as the dialect's placeholders. The
// statements of this package hold no ? but placeholders.
func (d dialect) rebind(query string) string {
	if !d.numbered {
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
