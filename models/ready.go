package models

import (
	"context"
	"errors"
	"fmt"
)

// NotReady says why a process cannot do its work now.
type NotReady struct {
	// Words may be shown to anybody: they hold no address and no name.
	Words string
	// Cause is for the log.
	Cause error
}

func (e *NotReady) Error() string {
	if e.Cause == nil {
		return e.Words
	}
	return fmt.Sprintf("%s: %v", e.Words, e.Cause)
}

func (e *NotReady) Unwrap() error { return e.Cause }

// Ready returns nil if the database answers, has the schema that this program
// knows, and can be written to; else a [NotReady].
func (s *Store) Ready(ctx context.Context) error {
	err := s.CheckSchema(ctx)
	switch {
	case errors.Is(err, ErrOldSchema):
		return &NotReady{"the database's schema is older than this program's", err}
	case errors.Is(err, ErrNewerSchema):
		return &NotReady{"the database's schema is newer than this program knows", err}
	case err != nil:
		return &NotReady{"the database does not answer", err}
	}
	if err := s.dialect.checkWritable(ctx, s); err != nil {
		return &NotReady{"the database takes no changes", err}
	}
	return nil
}

// checkPostgresWritable knows a standby, and a server that was set to be
// read-only.
func checkPostgresWritable(ctx context.Context, s *Store) error {
	var readOnly string
	if err := s.reads.QueryRowContext(ctx, "SHOW transaction_read_only").Scan(&readOnly); err != nil {
		return err
	}
	if readOnly != "off" {
		return errors.New("it is read-only")
	}
	return nil
}

// checkSQLiteWritable takes the lock of writers for a moment.
func checkSQLiteWritable(ctx context.Context, s *Store) error {
	writes, err := s.write.DB()
	if err != nil {
		return err
	}
	tx, err := writes.BeginTx(ctx, nil) // immediate
	if err != nil {
		return err
	}
	return tx.Rollback()
}
