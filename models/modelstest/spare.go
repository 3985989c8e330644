package modelstest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// spareDatabases are databases of ended tests whose schema is unchanged. Emptying one takes
// much less time than creating one.
type spareDatabases struct {
	schema   string // what schemaOf says of each
	truncate string // the statement that deletes all rows, however many
	delete   string // the statements that delete a few rows, in a tenth of the time
	mu       sync.Mutex
	spares   []*spareDatabase
}

// spareDatabase is a database and the connection that empties it between tests.
// It stays open while they run: a new one takes longer than all the rest, for it
// reads the catalog anew.
type spareDatabase struct {
	name string
	conn *pgx.Conn // nil until the first test has ended
}

// learn takes a migrated database as the model of the others.
func (s *spareDatabases) learn(t testing.TB, conn *pgx.Conn) {
	t.Helper()
	s.schema = schemaOf(t, conn)
	all := tables(t, conn)
	s.truncate = "TRUNCATE " + strings.Join(all, ", ") + " RESTART IDENTITY"
	s.delete = `SET session_replication_role = replica;
		DELETE FROM ` + strings.Join(all, "; DELETE FROM ") + `;
		SELECT setval(seqrelid, seqstart, false) FROM pg_sequence WHERE seqrelid <> pg_get_serial_sequence('goose_db_version', 'id')::regclass;
		RESET session_replication_role`
}

// maxDeleted is the size of the tables up to which deleting their rows is faster than
// truncating them, in bytes.
const maxDeleted = 1 << 20

// deleteRows deletes all rows, and begins all IDs at 1 again.
func (s *spareDatabases) deleteRows(ctx context.Context, conn *pgx.Conn) error {
	var size int64
	err := conn.QueryRow(ctx, `SELECT sum(pg_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		WHERE relkind = 'r' AND nspname = 'public'`).Scan(&size)
	if err != nil {
		return err
	}
	if size > maxDeleted {
		_, err = conn.Exec(ctx, s.truncate)
	} else {
		_, err = conn.Exec(ctx, s.delete)
	}
	return err
}

// take returns a database without rows, or nil if there is none.
func (s *spareDatabases) take() *spareDatabase {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.spares) == 0 {
		return nil
	}
	last := len(s.spares) - 1
	spare := s.spares[last]
	s.spares = s.spares[:last]
	return spare
}

func (s *spareDatabases) put(spare *spareDatabase) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spares = append(s.spares, spare)
}

// empty ends what is connected to a database and deletes all rows. It reports
// false if the test has changed more than rows.
func (s *spareDatabases) empty(t testing.TB, spare *spareDatabase) bool {
	t.Helper()
	ctx := context.Background()
	conn := spare.connect(t)
	if schemaOf(t, conn) != s.schema {
		return false
	}
	err := endOthers(ctx, conn)
	if err == nil {
		err = s.deleteRows(ctx, conn)
	}
	if err != nil {
		t.Error(err)
	}
	return err == nil
}

func (s *spareDatabase) connect(t testing.TB) *pgx.Conn {
	t.Helper()
	if s.conn == nil || s.conn.Ping(context.Background()) != nil {
		s.disconnect()
		s.conn = connect(t, databaseURL(s.name))
	}
	return s.conn
}

func (s *spareDatabase) disconnect() {
	if s.conn != nil {
		_ = s.conn.Close(context.Background())
	}
}

// endOthers ends all other connections to a connection's database, and returns when they
// have ended. PostgreSQL itself checks only every 100 ms.
func endOthers(ctx context.Context, conn *pgx.Conn) error {
	for range 2000 {
		ended, err := conn.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		if err != nil || ended.RowsAffected() == 0 {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return errors.New("connections to the test's database do not end")
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
