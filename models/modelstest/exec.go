package modelstest

import (
	"context"

	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"newsbell/models"
)

// Exec runs SQL behind the store's back, on a connection of its own; its
// placeholders are ?.
func (db *DB) Exec(statement string, args ...any) {
	db.t.Helper()
	dialector := gorm.Dialector(postgres.Open(db.URL))
	if !models.IsPostgres(db.URL) {
		dialector = sqlite.New(sqlite.Config{DriverName: "sqlite", DSN: db.URL + "?_pragma=busy_timeout(5000)"})
	}
	handle, err := gorm.Open(dialector, &gorm.Config{Logger: logger.Discard})
	must(db, err)
	connections, err := handle.DB()
	must(db, err)
	defer connections.Close()
	must(db, handle.WithContext(context.Background()).Exec(statement, args...).Error)
}
