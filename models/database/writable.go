package database

import (
	"context"
	"errors"

	"github.com/pressly/goose/v3"
)

// CheckWritable returns an error if the database takes no changes.
func (db *DB) CheckWritable(ctx context.Context) error {
	if db.Goose == goose.DialectPostgres {
		return db.checkPostgresWritable(ctx)
	}
	return db.checkSQLiteWritable(ctx)
}

// checkPostgresWritable detects a standby, and a server that was made read-only.
func (db *DB) checkPostgresWritable(ctx context.Context) error {
	var readOnly string
	if err := db.Reads.QueryRowContext(ctx, "SHOW transaction_read_only").Scan(&readOnly); err != nil {
		return err
	}
	if readOnly != "off" {
		return errors.New("it is read-only")
	}
	return nil
}

// checkSQLiteWritable takes the lock of writers for a moment.
func (db *DB) checkSQLiteWritable(ctx context.Context) error {
	writes, err := db.Write.DB()
	if err != nil {
		return err
	}
	tx, err := writes.BeginTx(ctx, nil) // immediate
	if err != nil {
		return err
	}
	return tx.Rollback()
}
