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
	"newsbell/models/passwords"
	"newsbell/models/pgtest"
)

const (
	// PostgresURLVariable names a server to use instead of a throwaway cluster; its
	// user must be allowed to create databases.
	PostgresURLVariable = "NEWSBELL_TEST_POSTGRES_URL"
	// PostgresTemplateVariable names a migrated database without rows on that
	// server, to be copied. Without it each process makes its own.
	PostgresTemplateVariable = "NEWSBELL_TEST_POSTGRES_TEMPLATE"
)

// server is the process's PostgreSQL, started by the first test that needs it.
var server struct {
	once     sync.Once
	url      string
	err      error
	stop     func()
	template string
	spare    spareDatabases
	count    atomic.Int64
}

// Main runs a package's tests, with cheap hashes of passwords, ends what they started and
// cleans up. Packages whose tests use PostgreSQL call it from TestMain.
func Main(m *testing.M, cleanUp ...func()) {
	server.stop = func() {}
	passwords.MakeCheap()
	code := m.Run()
	server.stop()
	for _, clean := range cleanUp {
		clean()
	}
	os.Exit(code)
}

// newPostgres gives a test a database with the schema and without rows: one that
// an earlier test left, or else a copy of a migrated one.
func newPostgres(t testing.TB) string {
	t.Helper()
	needServer(t)
	database := server.spare.take()
	if database == nil {
		database = &spareDatabase{name: newName()}
		createDatabase(t, database.name, server.template)
	}
	t.Cleanup(func() {
		if server.spare.empty(t, database) {
			server.spare.put(database)
		} else {
			database.disconnect()
			dropDatabase(t, database.name)
		}
	})
	return databaseURL(database.name)
}

// EmptyPostgres is the URL of a database without a schema.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	needServer(t)
	name := newName()
	createDatabase(t, name, "template1")
	t.Cleanup(func() { dropDatabase(t, name) })
	return databaseURL(name)
}

func newName() string { return fmt.Sprintf("newsbell_%d_%d", os.Getpid(), server.count.Add(1)) }

// needServer starts the server if no test has yet. Without PostgreSQL the test is
// skipped, or fails where CI=true.
func needServer(t testing.TB) {
	t.Helper()
	server.once.Do(func() { startServer(t) })
	if server.err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(server.err)
	}
	t.Skipf("%v (make setup installs it)", server.err)
}

func startServer(t testing.TB) {
	if server.stop == nil {
		t.Fatal("the package's TestMain must call modelstest.Main")
	}
	server.url = os.Getenv(PostgresURLVariable)
	if server.url != "" {
		server.stop = dropDatabases
	} else {
		var cluster *pgtest.Cluster
		if cluster, server.err = pgtest.Start(); server.err != nil {
			return
		}
		server.url, server.stop = cluster.URL(), func() { _ = cluster.Close() }
	}
	if server.template = os.Getenv(PostgresTemplateVariable); server.template == "" {
		server.template = newName()
		createDatabase(t, server.template, "template1")
		migrate(t, databaseURL(server.template))
	}
	first := &spareDatabase{name: newName()} // nobody connects to the template: it could not be copied then
	createDatabase(t, first.name, server.template)
	server.spare.learn(t, first.connect(t))
	server.spare.put(first)
}

// dropDatabases deletes the databases of the tests from a server that goes on.
func dropDatabases() {
	for _, spare := range server.spare.spares {
		spare.disconnect()
		_ = tryExecute("DROP DATABASE " + spare.name)
	}
	if os.Getenv(PostgresTemplateVariable) == "" {
		_ = tryExecute("DROP DATABASE " + server.template)
	}
}

func createDatabase(t testing.TB, name, template string) {
	t.Helper()
	execute(t, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template))
}

func dropDatabase(t testing.TB, name string) {
	t.Helper()
	execute(t, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name))
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
