package models

import (
	"context"
	"iter"

	"newsbell/models/ledger"
	"newsbell/models/migrations"
)

// MigrateDown takes the schema back to a version.
func (s *Store) MigrateDown(ctx context.Context, version int64) error {
	provider, err := migrations.Provider(s.db)
	if err != nil {
		return err
	}
	_, err = provider.DownTo(ctx, version)
	return err
}

// NoteFirstPage sends the first page of a claimed shard and returns what writes the
// results. Called again, it writes them as after an attempt that failed.
func (s *Store) NoteFirstPage(ctx context.Context, c *Claim, send func(context.Context, []Recipient, int) ([]Result, error)) func(context.Context) error {
	p, err := s.pages(c).next(ctx)
	if err != nil {
		panic(err)
	}
	results, err := send(ctx, p.recipients, p.tries)
	if err != nil {
		panic(err)
	}
	p = s.notePage(c, p, results)
	write := s.writePage
	return func(ctx context.Context) error {
		attempt := write
		write = s.writePageAgain
		return attempt(ctx, c, p, results)
	}
}

// Failures are the failures of an alert, the oldest first.
func (s *Store) Failures(ctx context.Context, alert Alert, limit int) ([]Failure, error) {
	var failures []Failure
	err := s.db.Read.WithContext(ctx).Order("id").Limit(limit).Find(&failures, "alert_id = ?", alert.ID).Error
	return failures, domain(err)
}

// ledgersAtOnce is how many shards' ledgers one query reads.
const ledgersAtOnce = 20

// Recipients are the IDs of the subscriptions of an alert that have an
// outcome, in order, read shard by shard. It ends at the first error.
func (s *Store) Recipients(ctx context.Context, alertID int64, outcome ledger.Outcome) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for after := int64(-1); ; {
			ledgers, err := s.ledgers(ctx, "alert_id = ? AND after_id > ? ORDER BY after_id LIMIT ?", alertID, after, ledgersAtOnce)
			if err != nil {
				yield(0, err)
				return
			}
			for _, l := range ledgers {
				for it := l.With(outcome).Iterator(); it.HasNext(); {
					if !yield(l.afterID+int64(it.Next()), nil) {
						return
					}
				}
				after = l.afterID
			}
			if len(ledgers) < ledgersAtOnce {
				return
			}
		}
	}
}

// NotePilotPage sends and records the pilot of a claimed shard, but does not leave it.
func (s *Store) NotePilotPage(ctx context.Context, c *Claim) error {
	p, err := s.pilotPage(ctx, c)
	if err != nil {
		return err
	}
	results := make([]Result, len(p.recipients))
	for i, r := range p.recipients {
		results[i] = Result{Recipient: r, Outcome: ledger.Accepted}
	}
	return s.writePage(ctx, c, s.notePage(c, p, results), results)
}
