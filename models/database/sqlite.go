package database

import (
	"cmp"
	"database/sql"
	"fmt"
	"net/url"
	"time"

	"github.com/libtnb/sqlite"
	"gorm.io/gorm"

	_ "modernc.org/sqlite" // the driver, in pure Go
)

// openSQLite opens a writing pool of one connection and a reading pool beside
// it: readers never wait for the writer, and writers queue in the process
// instead of failing on the file's lock.
func openSQLite(o Options) (*DB, error) {
	db := &DB{Dialect: sqliteDialect, File: o.URL}
	dsn := sqliteDSN(o.URL, cmp.Or(o.BusyTimeout, 5*time.Second))
	writes, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	writes.SetMaxOpenConns(1)
	// The first connection makes the file and sets WAL before a reader opens it.
	if err := writes.Ping(); err != nil {
		return nil, err
	}
	db.Reads, err = sql.Open("sqlite", dsn+"&_pragma=query_only(1)")
	if err != nil {
		return nil, err
	}
	db.Reads.SetMaxOpenConns(4)
	db.Reads.SetMaxIdleConns(4)
	if db.Write, err = gorm.Open(sqlite.New(sqlite.Config{Conn: writes}), gormConfig(o.Now)); err != nil {
		return nil, err
	}
	db.Read, err = gorm.Open(sqlite.New(sqlite.Config{Conn: db.Reads}), gormConfig(o.Now))
	return db, err
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
