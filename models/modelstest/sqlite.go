package modelstest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// SQLiteTemplateVariable names a migrated database file without rows, to be copied.
// Without it each process makes its own.
const SQLiteTemplateVariable = "NEWSBELL_TEST_SQLITE_TEMPLATE"

// sqliteTemplate is a database with the schema and nothing else, read or made by the
// process's first test that needs one.
var sqliteTemplate struct {
	once    sync.Once
	content []byte
}

// newSQLite makes a database as a copy of a migrated one.
func newSQLite(t testing.TB) string {
	t.Helper()
	sqliteTemplate.once.Do(func() {
		path := os.Getenv(SQLiteTemplateVariable)
		if path == "" {
			path = filepath.Join(t.TempDir(), "template.db")
			migrate(t, path)
		}
		var err error
		if sqliteTemplate.content, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	})
	path := filepath.Join(t.TempDir(), "newsbell.db")
	if err := os.WriteFile(path, sqliteTemplate.content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
