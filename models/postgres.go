package models

import (
	"errors"
	"net/url"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// postgresConnections bounds one process's pool, so that a fleet of workers
// stays under a server's default limit of 100.
const postgresConnections = 12

// A process that stops in the middle of a transaction keeps the locks of its
// rows. PostgreSQL ends its session after so many milliseconds, before the
// queue gives its shards to others.
const (
	idleInTransaction   = "idle_in_transaction_session_timeout"
	idleInTransactionMS = "2000"
)

func (s *Store) openPostgres(databaseURL string) error {
	databaseURL, err := withIdleTimeout(databaseURL)
	if err != nil {
		return err
	}
	db, err := gorm.Open(postgres.Open(databaseURL), gormConfig(s.Now))
	if err != nil {
		return err
	}
	s.write, s.read, s.dialect = db, db, postgresDialect
	if s.reads, err = db.DB(); err != nil {
		return err
	}
	s.reads.SetMaxOpenConns(postgresConnections)
	s.reads.SetMaxIdleConns(postgresConnections)
	return nil
}

// withIdleTimeout bounds transactions, unless the URL does so itself.
func withIdleTimeout(databaseURL string) (string, error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "", errors.New("the database URL cannot be parsed") // err would show its password
	}
	if q := u.Query(); !q.Has(idleInTransaction) {
		q.Set(idleInTransaction, idleInTransactionMS)
		u.RawQuery = q.Encode()
	}
	return u.String(), nil
}
