// Package database opens SQLite and PostgreSQL and keeps their connections alive: what
// does not answer in time is given up, and errors say whether a later try may succeed.
// It knows nothing of the tables.
package database

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// DB is an open database, safe for concurrent use.
type DB struct {
	// Write is the only handle that changes anything. On SQLite it has one connection, so
	// that a transaction must use only its own handle.
	Write *gorm.DB
	Read  *gorm.DB
	// Reads is the pool of Read, for hot queries.
	Reads *sql.DB
	Dialect
	// File is SQLite's.
	File string
	// MigrateURL is where PostgreSQL's migrations run; empty: not from here.
	MigrateURL string
	// beginsWith is the first statement of each writing transaction; usually none.
	beginsWith transactionStart
}

// Options are what [Open] needs to know; zero fields get their defaults.
type Options struct {
	// URL is "postgres://…", or the path of an SQLite file.
	URL string
	// TransactionPooling says that the URL leads to a pooler that pools transactions.
	TransactionPooling bool
	// MigrateURL is where PostgreSQL's migrations run. Default: URL, or nowhere with
	// TransactionPooling.
	MigrateURL string
	// BusyTimeout is how long a write to SQLite waits while another process writes.
	// Default: 5 s.
	BusyTimeout time.Duration
	// Now is the time of GORM's timestamps.
	Now func() time.Time
}

// Open opens a database. With PostgreSQL it does not connect yet.
func Open(o Options) (*DB, error) {
	if IsPostgres(o.URL) {
		return openPostgres(o)
	}
	return openSQLite(o)
}

// IsPostgres reports whether a database URL names a PostgreSQL server.
func IsPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// Close closes all connections.
func (db *DB) Close() error {
	err := db.Reads.Close()
	if writes, dbErr := db.Write.DB(); dbErr == nil && writes != db.Reads {
		err = errors.Join(writes.Close(), err)
	}
	return err
}

// Transaction runs fn in one writing transaction; fn must use tx alone.
func (db *DB) Transaction(ctx context.Context, fn func(tx *gorm.DB) error) error {
	return db.Write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := db.beginsWith.run(tx); err != nil {
			return err
		}
		return fn(tx)
	})
}

// transactionStart is a statement at the beginning of a transaction.
type transactionStart struct {
	statement string
	args      []any
}

func (t transactionStart) run(tx *gorm.DB) error {
	if t.statement == "" {
		return nil
	}
	return tx.Exec(t.statement, t.args...).Error
}

func gormConfig(now func() time.Time) *gorm.Config {
	return &gorm.Config{
		NowFunc:                now,
		NamingStrategy:         names,
		SkipDefaultTransaction: true,
		PrepareStmt:            true,
		PrepareStmtMaxSize:     200,
		DisableAutomaticPing:   true, // it could not be cancelled
		Logger:                 logger.NewSlogLogger(slog.New(slog.NewTextHandler(io.Discard, nil)), logger.Config{}),
	}
}
