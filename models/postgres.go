package models

import (
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// postgresConnections bounds one process's pool, so that a fleet of workers
// stays under a server's default limit of 100.
const postgresConnections = 12

func (s *Store) openPostgres(url string) error {
	db, err := gorm.Open(postgres.Open(url), gormConfig(s.Now))
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
