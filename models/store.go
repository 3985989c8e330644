package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"newsbell/models/endpoints"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Store is the database of one Newsbell, safe for concurrent use.
type Store struct {
	// write is the only handle that changes anything; on SQLite it has one
	// connection, so a transaction must never reach for the outer handle.
	write *gorm.DB
	read  *gorm.DB
	// reads is the plain connection pool for hot queries.
	reads *sql.DB
	file  string // SQLite's
	// schema is the version that this program knows.
	schema int64
	// migrateURL is where PostgreSQL's migrations run; empty: not from here.
	migrateURL string
	// beginsWith is what each writing transaction begins with; mostly nothing.
	beginsWith  transactionStart
	dialect     dialect
	now         func() time.Time
	clock       *clock // PostgreSQL's, unless there is another
	hosts       endpoints.Allowlist
	log         *slog.Logger
	hold        time.Duration
	ttl         TTLs
	goneGrace   time.Duration
	subscribers subscribers
	receipts    *receiptBook
	// searches has a place for each search that goes on.
	searches chan struct{}
	// receiptKey is the database's, once it has been asked for.
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
	// UndoWindow is how long an alert can be taken back before it goes out,
	// when its draft does not say. Default: not at all.
	UndoWindow time.Duration
	// TTLs bound how long the notifier goes on trying.
	TTLs TTLs
	// GoneGrace is how long what a reader chose outlasts an address that the push
	// service has given up. Default: 30 days.
	GoneGrace time.Duration
	// ShardSize is how many readers one worker takes at a time; an alert's last
	// shard has the rest. Default: 5000.
	ShardSize int
	// PageSize is how many readers are sent between two records. Default: 1000.
	PageSize int
	// Log is told of rows that cannot be read. Default: nowhere.
	Log *slog.Logger
	// BusyTimeout is how long a write to SQLite waits while another process
	// writes. Default: 5 s.
	BusyTimeout time.Duration
}

// TTLs are the lives of alerts: after its TTL an alert is not sent any more.
// Zero fields get the defaults: an hour, 4 hours, 24 hours.
type TTLs struct{ Update, Key, Resolution time.Duration }

// Open connects to the database of opts. It does not migrate.
func Open(ctx context.Context, opts Options) (*Store, error) {
	s := &Store{
		now: time.Now, hosts: opts.PushHosts, hold: opts.UndoWindow, ttl: opts.TTLs.withDefaults(),
		goneGrace: orDefault(opts.GoneGrace, defaultGoneGrace),
		shardSize: orDefault(opts.ShardSize, 5000), pageSize: orDefault(opts.PageSize, 1000),
		log: orDefault(opts.Log, slog.New(slog.DiscardHandler)),
	}
	s.subscribers.store = s
	s.searches = make(chan struct{}, searchesAtOnce)
	s.receipts = newReceiptBook(s)
	open := s.openSQLite
	if IsPostgres(opts.URL) {
		open = s.openPostgres
	}
	if err := open(opts); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	var err error
	if s.schema, err = s.knownVersion(); err != nil {
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
	case IsPostgres(opts.URL):
		if s.clock, err = startClock(ctx, s.reads); err == nil {
			s.now = s.clock.now
		}
	}
	return err
}

// IsPostgres tells whether a database URL names a PostgreSQL server.
func IsPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// Now is the store's time: UTC, to the microsecond, as the database keeps it.
func (s *Store) Now() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return s.reads.PingContext(ctx)
}

// Close writes the last receipts and closes all connections.
func (s *Store) Close() error {
	err := s.receipts.close()
	if s.clock != nil {
		s.clock.close()
	}
	err = errors.Join(err, s.reads.Close())
	if writes, dbErr := s.write.DB(); dbErr == nil && writes != s.reads {
		err = errors.Join(writes.Close(), err)
	}
	return err
}

// transaction runs fn in one writing transaction; fn must use tx alone.
func (s *Store) transaction(ctx context.Context, fn func(tx *gorm.DB) error) error {
	return domain(s.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := s.beginsWith.run(tx); err != nil {
			return err
		}
		return fn(tx)
	}))
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

func (t TTLs) withDefaults() TTLs {
	return TTLs{
		Update:     orDefault(t.Update, time.Hour),
		Key:        orDefault(t.Key, 4*time.Hour),
		Resolution: orDefault(t.Resolution, 24*time.Hour),
	}
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

func gormConfig(now func() time.Time) *gorm.Config {
	return &gorm.Config{
		NowFunc:                now,
		SkipDefaultTransaction: true,
		PrepareStmt:            true,
		PrepareStmtMaxSize:     200,
		DisableAutomaticPing:   true, // it could not be cancelled; [Open] pings
		Logger:                 logger.NewSlogLogger(slog.New(slog.NewTextHandler(io.Discard, nil)), logger.Config{}),
	}
}
