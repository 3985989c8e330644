package models

import (
	"database/sql"
	"errors"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"newsbell/models/dial"
)

// postgresConnections bounds one process's pool, so that a fleet of workers
// stays under a server's default limit of 100.
const postgresConnections = 12

func (s *Store) openPostgres(o Options) error {
	config, err := parsePostgres(o.URL)
	if err != nil {
		return err
	}
	sessions := newPostgresSessions(config, o.TransactionPooling)
	s.reads = sessions.open(config)
	s.reads.SetMaxOpenConns(postgresConnections)
	s.reads.SetMaxIdleConns(postgresConnections)
	s.dialect = postgresDialect
	s.migrateURL = o.MigrateURL
	if s.migrateURL == "" && !o.TransactionPooling {
		s.migrateURL = o.URL
	}
	if o.TransactionPooling {
		s.beginsWith = sessions.boundTransaction()
	}
	// The driver keeps each connection's prepared statements. GORM's own cache
	// would let everybody wait for one connection that does not answer.
	gormConfig := gormConfig(s.Now)
	gormConfig.PrepareStmt = false
	s.write, err = gorm.Open(postgres.New(postgres.Config{Conn: s.reads}), gormConfig)
	s.read = s.write
	return err
}

// openPostgresToMigrate opens a connection of its own, on which a statement may
// take as long as it likes: an index of a large table takes minutes.
func openPostgresToMigrate(databaseURL string) (*sql.DB, error) {
	config, err := parsePostgres(databaseURL)
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*config), nil
}

// parsePostgres reads a database's URL. Its error never shows a password.
func parsePostgres(databaseURL string) (*pgx.ConnConfig, error) {
	if _, err := url.Parse(databaseURL); err != nil {
		return nil, errors.New("the database URL cannot be parsed") // err would show its password
	}
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, err
	}
	config.ConnectTimeout = orDefault(config.ConnectTimeout, connectWithin)
	config.DialFunc = dial.Dialer().DialContext
	return config, nil
}
