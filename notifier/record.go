package notifier

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"

	"newsbell/models"
)

const (
	// recordTimeout bounds one try to write a page, and how long an ending process
	// goes on trying.
	recordTimeout = 10 * time.Second
	// recordAgainAfter is the first pause between two tries; it doubles up to
	// recordAgainAtLatest.
	recordAgainAfter    = 50 * time.Millisecond
	recordAgainAtLatest = time.Second
)

// record writes a page's results.
func (d *delivery) record(ctx context.Context, page models.Page, results []models.Result) error {
	noted := false
	return untilRecorded(ctx, func(ctx context.Context) error {
		d.progress.Add(1)
		if noted {
			return d.store.RecordAgain(ctx, d.claim)
		}
		noted = true
		return d.store.Record(ctx, d.claim, page, results)
	}, func(err error) {
		d.log.Warn("a page could not be recorded; trying again", "shard", d.claim.Shard.ID, "error", err)
	})
}

// untilRecorded tries to write what was sent until the database has taken it or
// another worker owns it: what is not recorded would be sent a second time. When
// ctx has ended it gives up after a while.
func untilRecorded(ctx context.Context, write func(context.Context) error, failed func(error)) error {
	ctx, cancel := outlive(ctx, recordTimeout)
	defer cancel()
	return retry(ctx, recordAgainAfter, recordAgainAtLatest, func() error {
		err := within(ctx, recordTimeout, write)
		if errors.Is(err, models.ErrFenced) {
			return backoff.Permanent(err)
		}
		return err
	}, func(err error, _ time.Duration) { failed(err) })
}

// outlive is a context that ends some time after ctx.
func outlive(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	outliving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(by, cancel) })
	return outliving, func() {
		stop()
		cancel()
	}
}

// within calls fn with a context that ends after a time.
func within(ctx context.Context, d time.Duration, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return fn(ctx)
}
