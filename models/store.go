// Package models is Newsbell's domain: apps, their outages and live updates,
// the readers' subscriptions and follows, and the alerts that carry updates to
// readers. It holds the rules and all SQL, on SQLite and PostgreSQL alike.
//
// What it promises:
//
//   - [Store.Publish] writes an update, its alert and the audit entry in one
//     transaction: all of it or nothing.
//   - To record a page of a shard, a worker must have the shard's latest epoch; a
//     worker that lost its shard gets [ErrFenced] and changes nothing.
//   - A reader is addressed only by a secret that is stored as a hash.
//   - Times are UTC, to the microsecond, and come from the store's clock:
//     PostgreSQL's, or the machine's with SQLite.
package models

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"newsbell/models/batch"
	"newsbell/models/database"
	"newsbell/models/endpoints"
	"newsbell/models/migrations"
	"newsbell/models/receipts"

	"gorm.io/gorm"
)

// Store is the database of one Newsbell, safe for concurrent use.
type Store struct {
	db *database.DB
	// schema is the version that this program knows.
	schema       int64
	now          func() time.Time
	clock        *database.Clock // PostgreSQL's, unless there is another
	hosts        endpoints.Allowlist
	log          *slog.Logger
	undoWindow   time.Duration
	pilot        Pilot
	countTimeout time.Duration
	ttl          TTLs
	goneGrace    time.Duration
	subscribers  *batch.Batcher[*subscribing]
	receipts     *batch.Batcher[receipts.Seen]
	// searches has a place for each search that runs.
	searches chan struct{}
	// receiptKey is the database's, after its first use.
	receiptKey atomic.Pointer[storedReceiptKey]
	// unreadable are the rows that have been named in the log.
	unreadable sync.Map
	// shardSize and pageSize count readers.
	shardSize, pageSize int
}

// Options are what [Open] needs to know; zero fields get their defaults.
type Options struct {
	// URL is "postgres://…", or the path of an SQLite file.
	URL string
	// TransactionPooling says that the URL leads to a pooler such as PgBouncer that
	// gives a server's session to one transaction after the other: no statement
	// is prepared, nothing is set for a session.
	TransactionPooling bool
	// MigrateURL is where PostgreSQL's migrations run, which need a session of
	// their own. Default: URL, or nowhere with TransactionPooling.
	MigrateURL string
	// Now is the clock. Default: PostgreSQL's, or with SQLite the system's.
	Now func() time.Time
	// PushHosts are the push services that subscriptions may point at.
	PushHosts endpoints.Allowlist
	// UndoWindow is how long an alert can be taken back before it is sent, unless its
	// draft has its own. Default: none.
	UndoWindow time.Duration
	// Pilot says which alerts have a pilot. Default: none.
	Pilot Pilot
	// TTLs bound how long the notifier tries to send an alert.
	TTLs TTLs
	// GoneGrace is how long a reader's choices are kept after the push service has given
	// up the address. Default: 30 days.
	GoneGrace time.Duration
	// ShardSize is how many readers one worker takes at a time; an alert's last
	// shard has the rest. Default: 5000.
	ShardSize int
	// PageSize is how many readers are sent between two records. Default: 1000.
	PageSize int
	// CountTimeout is how long an audience is counted before that is given up. Default: 10 s.
	CountTimeout time.Duration
	// Log gets the rows that cannot be read, and the alerts that stopped themselves. Default:
	// discarded.
	Log *slog.Logger
	// BusyTimeout is how long a write to SQLite waits while another process
	// writes. Default: 5 s.
	BusyTimeout time.Duration
}

// TTLs are how long alerts are sent.
// Zero fields get the defaults: an hour, 4 hours, 24 hours.
type TTLs struct{ Update, Key, Resolution time.Duration }

// Open connects to the database of opts. It does not migrate.
func Open(ctx context.Context, opts Options) (*Store, error) {
	s := &Store{
		now: time.Now, hosts: opts.PushHosts, undoWindow: opts.UndoWindow, pilot: opts.Pilot, ttl: opts.TTLs.withDefaults(),
		goneGrace: cmp.Or(opts.GoneGrace, defaultGoneGrace),
		shardSize: cmp.Or(opts.ShardSize, 5000), pageSize: cmp.Or(opts.PageSize, 1000),
		countTimeout: cmp.Or(opts.CountTimeout, 10*time.Second),
		log:          cmp.Or(opts.Log, slog.New(slog.DiscardHandler)),
	}
	s.searches = make(chan struct{}, searchesAtOnce)
	s.subscribers, s.receipts = s.newSubscribers(), s.newReceipts()
	db, err := database.Open(database.Options{
		URL: opts.URL, TransactionPooling: opts.TransactionPooling, MigrateURL: opts.MigrateURL, BusyTimeout: opts.BusyTimeout, Now: s.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s.db = db
	if s.schema, err = migrations.Newest(db); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), s.Close())
	}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), s.Close())
	}
	if err := s.startClock(ctx, opts); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) startClock(ctx context.Context, opts Options) (err error) {
	switch {
	case opts.Now != nil:
		s.now = opts.Now
	case database.IsPostgres(opts.URL):
		if s.clock, err = database.StartClock(ctx, s.db.Reads, time.Now); err == nil {
			s.now = s.clock.Now
		}
	}
	return err
}

// Now is the store's time: UTC, to the microsecond, as the database keeps it.
func (s *Store) Now() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// UndoWindow is how long an alert can be undone, unless its draft has its own window.
func (s *Store) UndoWindow() time.Duration { return s.undoWindow }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return s.db.Reads.PingContext(ctx)
}

// Close writes the subscriptions and receipts that wait, and closes all connections.
func (s *Store) Close() error {
	err := errors.Join(s.subscribers.Close(), s.receipts.Close())
	if s.clock != nil {
		s.clock.Close()
	}
	return errors.Join(err, s.db.Close())
}

// transaction runs fn in one writing transaction; fn must use tx alone.
func (s *Store) transaction(ctx context.Context, fn func(tx *gorm.DB) error) error {
	var end AuditEntry
	err := s.db.Transaction(ctx, func(tx *gorm.DB) (err error) {
		end, err = s.withAudit(tx, fn)
		return err
	})
	if err == nil && end.ID != 0 {
		s.log.Info("audit log", "head", AuditHead{end.ID, end.Hash}.String())
	}
	return domain(err)
}

func (t TTLs) withDefaults() TTLs {
	return TTLs{
		Update:     cmp.Or(t.Update, time.Hour),
		Key:        cmp.Or(t.Key, 4*time.Hour),
		Resolution: cmp.Or(t.Resolution, 24*time.Hour),
	}
}

// The kinds of error that callers can act on. Test with [errors.Is].
var (
	ErrNotFound     = errors.New("not found")
	ErrConflict     = errors.New("conflict")
	ErrUnauthorized = errors.New("unauthorized")
	// ErrExpired says that a secret addressed a subscription whose address was
	// gone for longer than the grace period.
	ErrExpired = errors.New("this browser’s push address expired")
	// ErrTooSlow says that a query took longer than it may.
	ErrTooSlow = errors.New("too slow")
	// ErrFenced says that another worker has claimed the shard since.
	ErrFenced = errors.New("fenced: another worker has claimed the shard")
	// ErrOwned says that another worker owns the shard, and sends heartbeats.
	ErrOwned = errors.New("owned: another worker owns the shard")
	// ErrPlanned says that an alert's plan has no step to make now.
	ErrPlanned = errors.New("nothing to plan")
	// ErrFinished says that a shard is done.
	ErrFinished = errors.New("finished: nothing is left to do on the shard")
)

// domain turns a database's error into one of the domain's, keeping the cause.
func domain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, gorm.ErrRecordNotFound):
		return ErrNotFound
	case database.IsUniqueViolation(err):
		return fmt.Errorf("%w: already exists", ErrConflict)
	case database.IsForeignKeyViolation(err):
		return ErrNotFound
	}
	return err
}
