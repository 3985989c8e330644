package models_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestProcessesThatStartTogetherMigrateOnce(t *testing.T) {
	for kind, url := range map[modelstest.Kind]func() string{
		modelstest.SQLite:   func() string { return filepath.Join(t.TempDir(), "newsbell.db") },
		modelstest.Postgres: func() string { return modelstest.EmptyPostgres(t) },
	} {
		t.Run(string(kind), func(t *testing.T) {
			url := url()
			ran := make(chan int, 4)
			var group errgroup.Group
			for range cap(ran) {
				group.Go(func() error {
					store, err := models.Open(t.Context(), models.Options{URL: url})
					if err != nil {
						return err
					}
					defer store.Close()
					names, err := store.Migrate(t.Context())
					ran <- len(names)
					return err
				})
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
			close(ran)
			total := 0
			for n := range ran {
				total += n
			}
			if want := migrationFiles(t, kind); total != want {
				t.Errorf("%d migrations ran; want each of %d once", total, want)
			}
		})
	}
}

// migrationFiles counts those in SQL and the one in Go.
func migrationFiles(t *testing.T, kind modelstest.Kind) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("migrations", strings.ToLower(strings.TrimSuffix(string(kind), "QL"))+"*", "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatal("no migrations: ", err)
	}
	return len(files) + 1
}
