package models

import (
	"database/sql"
	"net/url"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	_ "modernc.org/sqlite" // the driver, in pure Go
)

// openSQLite opens a writing pool of one connection and a reading pool beside
// it: readers never wait for the writer, and writers queue in the process
// instead of failing on the file's lock.
func (s *Store) openSQLite(o Options) error {
	path := o.URL
	writes, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		return err
	}
	writes.SetMaxOpenConns(1)
	// The first connection makes the file and sets WAL before a reader opens it.
	if err := writes.Ping(); err != nil {
		return err
	}
	s.reads, err = sql.Open("sqlite", sqliteDSN(path)+"&_pragma=query_only(1)")
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

func sqliteDSN(path string) string {
	query := url.Values{
		"_pragma": {
			"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)",
			"foreign_keys(1)", "secure_delete(1)",
		},
		"_txlock":      {"immediate"},
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String() + "?" + query.Encode()
}
