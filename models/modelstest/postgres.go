package modelstest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"newsbell/models"
	"newsbell/models/pgtest"
)

// postgresURLVariable names a server to use instead of a throwaway cluster; its
// user must be allowed to create databases.
const postgresURLVariable = "NEWSBELL_TEST_POSTGRES_URL"

// server is the process's PostgreSQL, started by the first test that needs it.
var server struct {
	once     sync.Once
	url      string
	err      error
	stop     func()
	template string
	count    atomic.Int64
}

// Main runs a package's tests and ends what they started. Packages whose tests
// use PostgreSQL call it from TestMain.
func Main(m *testing.M) {
	server.stop = func() {}
	code := m.Run()
	server.stop()
	os.Exit(code)
}

// newPostgres makes a database as a copy of a migrated one.
func newPostgres(t testing.TB) string {
	t.Helper()
	return copyPostgres(t, func() string { return server.template })
}

// EmptyPostgres is the URL of a database without a schema.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	return copyPostgres(t, func() string { return "template1" })
}

func copyPostgres(t testing.TB, template func() string) string {
	t.Helper()
	server.once.Do(func() { startServer(t) })
	if server.err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(server.err)
		}
		t.Skipf("%v (make setup installs it)", server.err)
	}
	name := fmt.Sprintf("newsbell_%d_%d", os.Getpid(), server.count.Add(1))
	createDatabase(t, name, template())
	t.Cleanup(func() { execute(t, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name)) })
	return databaseURL(name)
}

func startServer(t testing.TB) {
	if server.stop == nil {
		t.Fatal("the package's TestMain must call modelstest.Main")
	}
	server.url = os.Getenv(postgresURLVariable)
	if server.url == "" {
		var cluster *pgtest.Cluster
		if cluster, server.err = pgtest.Start(); server.err != nil {
			return
		}
		server.url, server.stop = cluster.URL(), func() { _ = cluster.Close() }
	}
	server.template = fmt.Sprintf("newsbell_%d_template", os.Getpid())
	createDatabase(t, server.template, "template1")
	migrate(t, databaseURL(server.template))
	stop := server.stop
	server.stop = func() {
		_ = tryExecute("DROP DATABASE " + server.template)
		stop()
	}
}

func createDatabase(t testing.TB, name, template string) {
	t.Helper()
	execute(t, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template))
}

func execute(t testing.TB, statement string) {
	t.Helper()
	if err := tryExecute(statement); err != nil {
		t.Fatal(err)
	}
}

func tryExecute(statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server.url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

func databaseURL(name string) string {
	u, err := url.Parse(server.url)
	if err != nil {
		panic(err) // pgx has parsed it before
	}
	u.Path = "/" + name
	return u.String()
}

// migrate brings the schema of a new database up to date.
func migrate(t testing.TB, url string) {
	t.Helper()
	ctx := context.Background()
	store, err := models.Open(ctx, models.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
}
