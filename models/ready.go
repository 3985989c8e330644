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
	if err := s.db.CheckWritable(ctx); err != nil {
		return &NotReady{"the database takes no changes", err}
	}
	return nil
}
