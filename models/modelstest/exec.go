package modelstest

import (
	"context"
	"newsbell/models/database"

	"github.com/libtnb/sqlite"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Exec runs SQL behind the store's back, on a connection of its own; its
// placeholders are ?.
func (db *DB) Exec(statement string, args ...any) {
	db.t.Helper()
	db.behind(func(handle *gorm.DB) error { return handle.Exec(statement, args...).Error })
}

// TryExec is Exec for a statement that may be refused.
func (db *DB) TryExec(statement string, args ...any) (refused error) {
	db.t.Helper()
	db.behind(func(handle *gorm.DB) error {
		refused = handle.Exec(statement, args...).Error
		return nil
	})
	return refused
}

// Count is how many rows a table has.
func (db *DB) Count(table string) (rows int64) {
	db.t.Helper()
	db.behind(func(handle *gorm.DB) error { return handle.Table(table).Count(&rows).Error })
	return rows
}

func (db *DB) behind(do func(*gorm.DB) error) {
	db.t.Helper()
	dialector := gorm.Dialector(postgres.Open(db.URL))
	if !database.IsPostgres(db.URL) {
		dialector = sqlite.New(sqlite.Config{DriverName: "sqlite", DSN: db.URL + "?_pragma=busy_timeout(5000)"})
	}
	handle, err := gorm.Open(dialector, &gorm.Config{Logger: logger.Discard})
	must(db, err)
	connections, err := handle.DB()
	must(db, err)
	defer connections.Close()
	must(db, do(handle.WithContext(context.Background())))
}
