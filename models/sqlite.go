package models

import (
	"database/sql"
	"fmt"
	"net/url"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	_ "modernc.org/sqlite" // the driver, in pure Go
)

// openSQLite opens a writing pool of one connection and a reading pool beside
// it: readers never wait for the writer, and writers queue in the process
// instead of failing on the file's lock.
func (s *Store) openSQLite(o Options) error {
	path := o.URL
	dsn := sqliteDSN(path, orDefault(o.BusyTimeout, 5*time.Second))
	writes, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	writes.SetMaxOpenConns(1)
	// The first connection makes the file and sets WAL before a reader opens it.
	if err := writes.Ping(); err != nil {
		return err
	}
	s.reads, err = sql.Open("sqlite", dsn+"&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	s.reads.SetMaxOpenConns(4)
	s.reads.SetMaxIdleConns(4)
	s.dialect, s.file = sqliteDialect, path
	if s.write, err = gorm.Open(sqlite.New(sqlite.Config{Conn: writes}), gormConfig(s.Now)); err != nil {
		return err
	}
	s.read, err = gorm.Open(sqlite.New(sqlite.Config{Conn: s.reads}), gormConfig(s.Now))
	return err
}

func sqliteDSN(path string, busyTimeout time.Duration) string {
	query := url.Values{
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "journal_mode(WAL)", "synchronous(NORMAL)",
			"foreign_keys(1)", "secure_delete(1)",
		},
		"_txlock":      {"immediate"},
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String() + "?" + query.Encode()
}
