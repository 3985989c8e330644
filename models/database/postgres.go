package database

import (
	"cmp"
	"database/sql"
	"errors"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"newsbell/models/database/dial"
)

// postgresConnections bounds one process's pool, so that a fleet of workers
// stays under a server's default limit of 100.
const postgresConnections = 12

func openPostgres(o Options) (*DB, error) {
	config, err := parsePostgres(o.URL)
	if err != nil {
		return nil, err
	}
	sessions := newPostgresSessions(config, o.TransactionPooling)
	db := &DB{Dialect: postgresDialect, Reads: sessions.open(config), MigrateURL: o.MigrateURL}
	db.Reads.SetMaxOpenConns(postgresConnections)
	db.Reads.SetMaxIdleConns(postgresConnections)
	if db.MigrateURL == "" && !o.TransactionPooling {
		db.MigrateURL = o.URL
	}
	if o.TransactionPooling {
		db.beginsWith = sessions.boundTransaction()
	}
	// The driver keeps each connection's prepared statements. With GORM's own cache
	// everything would wait for one connection that does not answer.
	gormConfig := gormConfig(o.Now)
	gormConfig.PrepareStmt = false
	db.Write, err = gorm.Open(postgres.New(postgres.Config{Conn: db.Reads}), gormConfig)
	db.Read = db.Write
	return db, err
}

// OpenToMigrate opens a connection to PostgreSQL of its own, on which a statement may
// take as long as it likes: an index of a large table takes minutes.
func (db *DB) OpenToMigrate() (*sql.DB, error) {
	config, err := parsePostgres(db.MigrateURL)
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
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, connectWithin)
	config.DialFunc = dial.Dialer().DialContext
	return config, nil
}
