package modelstest

import (
	"path/filepath"
	"testing"
)

func newSQLite(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "newsbell.db")
	migrate(t, path)
	return path
}
