package modelstest

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// spareDatabases are those that tests have left with the schema unchanged. To
// empty one takes a tenth of the time of making one.
type spareDatabases struct {
	schema string // what schemaOf says of each
	mu     sync.Mutex
	names  []string
}

// take returns a database without rows, or "" if there is none.
func (s *spareDatabases) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.names) == 0 {
		return ""
	}
	last := len(s.names) - 1
	name := s.names[last]
	s.names = s.names[:last]
	return name
}

func (s *spareDatabases) put(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names = append(s.names, name)
}

// empty ends what is connected to a database and deletes all rows. It reports
// false if the test has changed more than rows.
func (s *spareDatabases) empty(t testing.TB, name string) bool {
	t.Helper()
	conn := connect(t, databaseURL(name))
	defer conn.Close(context.Background())
	if schemaOf(t, conn) != s.schema {
		return false
	}
	_, err := conn.Exec(context.Background(), `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	if err == nil {
		_, err = conn.Exec(context.Background(), "TRUNCATE "+strings.Join(tables(t, conn), ", ")+" RESTART IDENTITY")
	}
	if err != nil {
		t.Error(err)
	}
	return err == nil
}

// schemaOf describes all but the rows of a database: each column of each table,
// index and view, the constraints, triggers, functions, settings, and the migrations that ran.
func schemaOf(t testing.TB, conn *pgx.Conn) string {
	t.Helper()
	rows, err := conn.Query(context.Background(), `
		WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema')
		SELECT format('%s.%s %s %s %s %s %s', nspname, relname, c.oid, relacl, attname, atttypid, attnotnull)
			FROM pg_class c JOIN ours ON ours.oid = relnamespace LEFT JOIN pg_attribute ON attrelid = c.oid AND attnum > 0
		UNION ALL SELECT format('%s %s', conname, pg_get_constraintdef(c.oid)) FROM pg_constraint c JOIN ours ON ours.oid = connamespace
		UNION ALL SELECT format('%s %s', proname, md5(prosrc)) FROM pg_proc JOIN ours ON ours.oid = pronamespace
		UNION ALL SELECT format('%s %s', tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
		UNION ALL SELECT format('%s %s', id, version_id) FROM goose_db_version
		UNION ALL SELECT format('%s', setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE datname = current_database()
		ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// tables are those that tests write to: all but the one that counts migrations.
func tables(t testing.TB, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(context.Background(), "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version'")
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
