package notifier

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"newsbell/models/events"
)

// overlaps is JetStream's error for a subject that another stream has.
const overlaps jetstream.ErrorCode = 10065

// incompatible are JetStream's errors for an existing stream or consumer that cannot be
// changed into the wanted one.
var incompatible = []jetstream.ErrorCode{
	10012, 10013, 10148, // a consumer of that name
	10098, 10099, 10100, 10101, // a consumer beside those of a work queue
	10052, 10055, 10058, 10069, 10109, // a stream of that name
}

// isIncompatible reports whether the existing stream must be replaced.
func isIncompatible(err error) bool {
	code, ok := apiErrorCode(err)
	return ok && slices.Contains(incompatible, code)
}

// createAnew replaces a stream that an older release or something else left. Its name is
// Newsbell's, and it contains nothing that is not in the database.
func (q *queue) createAnew(ctx context.Context, cause error) error {
	q.log.Warn("the queue's stream cannot be used; replacing it", "stream", streamName, "cause", cause)
	if err := q.js.DeleteStream(ctx, streamName); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("delete stream %s (%w): %w", streamName, cause, err)
	}
	return q.createOrUpdate(ctx)
}

// explain adds which stream has the queue's subject, if that is the cause.
func (q *queue) explain(ctx context.Context, err error) error {
	if code, ok := apiErrorCode(err); !ok || code != overlaps {
		return err
	}
	subject := events.SubjectWork + ".>"
	other, lookupErr := q.js.StreamNameBySubject(ctx, subject)
	if lookupErr != nil {
		return errors.Join(err, lookupErr)
	}
	return fmt.Errorf("the subject %s belongs to the stream %s, which is not Newsbell's: %w", subject, other, err)
}

func apiErrorCode(err error) (jetstream.ErrorCode, bool) {
	if e, ok := errors.AsType[jetstream.JetStreamError](err); ok && e.APIError() != nil {
		return e.APIError().ErrorCode, true
	}
	if e, ok := errors.AsType[*jetstream.APIError](err); ok {
		return e.ErrorCode, true
	}
	return 0, false
}
