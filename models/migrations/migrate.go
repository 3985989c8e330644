// Package migrations has the versions of the schema, for SQLite and PostgreSQL, and
// brings a database to the newest.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"newsbell/models/database"
)

//go:embed sqlite postgres
var files embed.FS

// Up runs the migrations that a database lacks and returns their names, oldest
// first. Of processes that start together, one runs each.
func Up(ctx context.Context, db *database.DB) (names []string, err error) {
	unlock, err := lockFile(ctx, db.File)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	provider, err := Provider(db)
	if err != nil {
		return nil, err
	}
	if db.File == "" {
		defer func() { err = errors.Join(err, provider.Close()) }()
	}
	results, err := provider.Up(ctx)
	for _, r := range results {
		names = append(names, r.Source.Path)
	}
	return names, err
}

// Newest is the version of the newest migration.
func Newest(db *database.DB) (int64, error) {
	provider, err := newProvider(db.Dialect, db.Reads)
	if err != nil {
		return 0, err
	}
	sources := provider.ListSources()
	return sources[len(sources)-1].Version, nil
}

// Provider runs migrations on SQLite's writing connection, or on one of PostgreSQL of
// its own, to be closed.
func Provider(db *database.DB) (*goose.Provider, error) {
	open := db.Write.DB
	if db.File == "" {
		open = db.OpenToMigrate
	}
	pool, err := open()
	if err != nil {
		return nil, err
	}
	return newProvider(db.Dialect, pool)
}

// lockEvery is how often a lock that another process has is asked for again.
const lockEvery = 20 * time.Millisecond

// lockFile waits for other processes that migrate an SQLite file; PostgreSQL has a
// lock of its own for that.
func lockFile(ctx context.Context, file string) (unlock func() error, err error) {
	if file == "" {
		return func() error { return nil }, nil
	}
	lock := flock.New(file + ".lock")
	if _, err := lock.TryLockContext(ctx, lockEvery); err != nil {
		return nil, fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	return lock.Unlock, nil
}

func newProvider(d database.Dialect, db *sql.DB) (*goose.Provider, error) {
	folder, err := fs.Sub(files, d.Migrations)
	if err != nil {
		return nil, err
	}
	options, err := gooseOptions(d)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	provider, err := goose.NewProvider(d.Goose, db, folder, options...)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}

// gooseOptions name the migrations that are written in Go, and let the processes of a
// fleet that start together migrate one after the other.
func gooseOptions(d database.Dialect) ([]goose.ProviderOption, error) {
	options := []goose.ProviderOption{goose.WithGoMigrations(pushServices{d}.migration())}
	if d.Goose != goose.DialectPostgres {
		return options, nil
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60)) // each second, for a minute
	if err != nil {
		return nil, err
	}
	return append(options, goose.WithSessionLocker(locker)), nil
}
