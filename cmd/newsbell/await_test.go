package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats-server/v2/server"

	"newsbell/models/modelstest"
)

func TestAServerWaitsForItsDatabaseAndSaysSo(t *testing.T) {
	real := postgresOf(t)
	database := modelstest.NewGateway(t)
	said := newJournal()
	p, stop := runServer(t, real.urlBy(database), "", said)
	said.awaits(t, "the database is unreachable")
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 503, "/": 503, "/outages/messages-down": 503, "/api/v1/vapid-key": 503,
	} {
		response := fetch(t, localURL(p.listener.Addr())+path)
		if response.StatusCode != want || want == 503 && response.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s, %v; want %d", path, response.Status, response.Header, want)
		}
		isProblem := response.Header.Get("Content-Type") == "application/problem+json"
		if isProblem != (path == "/readyz" || strings.HasPrefix(path, "/api/")) {
			t.Errorf("%s is %s", path, response.Header.Get("Content-Type"))
		}
	}
	database.LeadTo(real.network, real.address)
	awaitReady(t, localURL(p.listener.Addr()))
	if status := get(t, localURL(p.listener.Addr())+"/"); status != http.StatusOK {
		t.Errorf("the front page: %d", status)
	}
	stop()
	if text := said.awaits(t, ""); strings.Contains(text, "hush") {
		t.Errorf("the password is in the log:\n%s", text)
	}
}

func TestADatabaseThatLetsNobodyInIsTriedAgain(t *testing.T) {
	real := postgresOf(t)
	database := modelstest.NewGateway(t)
	database.LeadTo(real.network, real.address)
	real.database = "no-such-database"
	said := newJournal()
	_, stop := runServer(t, real.urlBy(database), "", said)
	text := said.awaits(t, "after=500ms") // the second time
	if !strings.Contains(text, "the database refuses us") || !strings.Contains(text, "no-such-database") || strings.Contains(text, "hush") {
		t.Errorf("the log says\n%s", text)
	}
	stop()
}

func TestAServerShowsItsPagesWhileItWaitsForNATS(t *testing.T) {
	gate := modelstest.NewGateway(t)
	said := newJournal()
	p, stop := runServer(t, modelstest.Open(t, modelstest.SQLite).URL, "nats://desk:hush@"+gate.Addr().String(), said)
	said.awaits(t, "NATS is unreachable")
	<-p.opened
	address := localURL(p.listener.Addr())
	for path, want := range map[string]int{"/healthz": 200, "/": 200, "/readyz": 503} {
		if status := get(t, address+path); status != want {
			t.Errorf("%s: %d; want %d", path, status, want)
		}
	}
	nats, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	nats.Start()
	t.Cleanup(func() {
		nats.Shutdown()
		nats.WaitForShutdown()
	})
	if !nats.ReadyForConnections(10 * time.Second) {
		t.Fatal("NATS is not ready")
	}
	gate.LeadTo("tcp", nats.Addr().String())
	awaitReady(t, address)
	text := said.awaits(t, "NATS is connected")
	if strings.Contains(text, "hush") {
		t.Errorf("the password is in the log:\n%s", text)
	}
	stop()
}

func TestWhoWaitsEndsCleanlyWhenItIsTold(t *testing.T) {
	for _, command := range []string{"serve --listen 127.0.0.1:0", "work"} {
		t.Run(command, func(t *testing.T) {
			real := postgresOf(t)
			database, nats := modelstest.NewGateway(t), modelstest.NewGateway(t)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				ended <- run(ctx, append(strings.Fields(command), "--log-level", "error",
					"--database-url", real.urlBy(database), "--nats-url", "nats://"+nats.Addr().String()))
			}()
			<-database.Knocks
			<-nats.Knocks
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAToolDoesNotWaitForItsDatabase(t *testing.T) {
	real := postgresOf(t)
	database := modelstest.NewGateway(t)
	for _, tool := range []string{"migrate", "token list", "vapid list"} {
		err := run(t.Context(), append(strings.Fields(tool), "--database-url", real.urlBy(database)))
		if err == nil || !strings.Contains(err.Error(), "open database") || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", tool, err)
		}
	}
}

// postgres is where an empty database really is.
type postgres struct{ network, address, user, database string }

func postgresOf(t *testing.T) postgres {
	t.Helper()
	c, err := pgconn.ParseConfig(modelstest.Open(t, modelstest.Postgres).URL)
	if err != nil {
		t.Fatal(err)
	}
	network, address := pgconn.NetworkAddress(c.Host, c.Port)
	return postgres{network, address, c.User, c.Database}
}

// urlBy is its URL through a gateway, with a password that must not be told.
func (p postgres) urlBy(g *modelstest.Gateway) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(p.user, "hush"), Host: g.Addr().String(), Path: p.database, RawQuery: "sslmode=disable"}
	return u.String()
}

// runServer runs a server that need not be ready yet.
func runServer(t *testing.T, databaseURL, natsURL string, said io.Writer) (p *program, stop func()) {
	t.Helper()
	s := defaultSettings()
	s.DatabaseURL, s.NATSURL, s.Listen = databaseURL, natsURL, "127.0.0.1:0"
	c, err := s.check()
	if err != nil {
		t.Fatal(err)
	}
	c.log = slog.New(slog.NewTextHandler(said, nil))
	return start(t, c, nil, io.Discard)
}

func fetch(t *testing.T, url string) *http.Response {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}
