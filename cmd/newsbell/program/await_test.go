package program_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats-server/v2/server"

	"newsbell/cmd/newsbell/program"
	"newsbell/cmd/newsbell/program/programtest"
	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestAServerWaitsForItsDatabase(t *testing.T) {
	real := postgresOf(t)
	database := modelstest.NewGateway(t)
	said := programtest.NewLog()
	p, stop := runServer(t, real.urlBy(database), "", said)
	said.Await(t, "the database is unreachable")
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 503, "/": 503, "/outages/messages-down": 503, "/api/v1/vapid-key": 503,
	} {
		response := fetch(t, p.URL()+path)
		if response.StatusCode != want || want == 503 && response.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s, %v; want %d", path, response.Status, response.Header, want)
		}
		isProblem := response.Header.Get("Content-Type") == "application/problem+json"
		if isProblem != (path == "/readyz" || strings.HasPrefix(path, "/api/")) {
			t.Errorf("%s is %s", path, response.Header.Get("Content-Type"))
		}
	}
	database.LeadTo(real.network, real.address)
	programtest.AwaitReady(t, p.URL())
	if status := programtest.Get(t, p.URL()+"/"); status != http.StatusOK {
		t.Errorf("the front page: %d", status)
	}
	stop()
	if text := said.Await(t, ""); strings.Contains(text, "s3cret") {
		t.Errorf("the password is in the log:\n%s", text)
	}
}

func TestADatabaseThatRejectsTheLoginIsTriedAgain(t *testing.T) {
	real := postgresOf(t)
	database := modelstest.NewGateway(t)
	database.LeadTo(real.network, real.address)
	real.database = "no-such-database"
	said := programtest.NewLog()
	_, stop := runServer(t, real.urlBy(database), "", said)
	text := said.Await(t, "after=500ms") // the second attempt
	if !strings.Contains(text, "the database rejects the login") || !strings.Contains(text, "no-such-database") || strings.Contains(text, "s3cret") {
		t.Errorf("the log says\n%s", text)
	}
	stop()
}

func TestAServerShowsItsPagesWhileItWaitsForNATS(t *testing.T) {
	gate := modelstest.NewGateway(t)
	said := programtest.NewLog()
	p, stop := runServer(t, modelstest.Open(t, modelstest.SQLite).URL, "nats://user:s3cret@"+gate.Addr().String(), said)
	said.Await(t, "NATS is unreachable")
	<-p.Opened
	address := p.URL()
	for path, want := range map[string]int{"/healthz": 200, "/": 200, "/readyz": 503} {
		if status := programtest.Get(t, address+path); status != want {
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
	programtest.AwaitReady(t, address)
	text := said.Await(t, "NATS is connected")
	if strings.Contains(text, "s3cret") {
		t.Errorf("the password is in the log:\n%s", text)
	}
	stop()
}

func TestAWaitingProgramStopsCleanly(t *testing.T) {
	settings := program.DefaultSettings()
	settings.Listen, settings.LogLevel = "127.0.0.1:0", "error"
	for name, check := range map[string]func(program.ServerSettings) (program.Config, error){
		"serve": func(s program.ServerSettings) (program.Config, error) { return s.Check() },
		"work":  func(s program.ServerSettings) (program.Config, error) { return s.SenderSettings.Check() },
	} {
		t.Run(name, func(t *testing.T) {
			real := postgresOf(t)
			database, nats := modelstest.NewGateway(t), modelstest.NewGateway(t)
			s := settings
			s.DatabaseURL, s.NATSURL = real.urlBy(database), "nats://"+nats.Addr().String()
			c, err := check(s)
			if err != nil {
				t.Fatal(err)
			}
			_, stop := programtest.Start(t, c, io.Discard)
			<-database.Knocks
			<-nats.Knocks
			stop()
		})
	}
}

func TestAToolDoesNotWaitForItsDatabase(t *testing.T) {
	real := postgresOf(t)
	database := modelstest.NewGateway(t)
	err := program.DatabaseSettings{DatabaseURL: real.urlBy(database)}.With(t.Context(), func(*models.Store) error {
		t.Error("the tool runs without its database")
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "open database") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error = %v", err)
	}
}

// postgres is the real address of an empty database.
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

// urlBy returns the URL through a gateway, with a password that must not be logged.
func (p postgres) urlBy(g *modelstest.Gateway) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(p.user, "s3cret"), Host: g.Addr().String(), Path: p.database, RawQuery: "sslmode=disable"}
	return u.String()
}

// runServer starts a server without waiting until it is ready.
func runServer(t *testing.T, databaseURL, natsURL string, said io.Writer) (p *program.Program, stop func()) {
	t.Helper()
	s := program.DefaultSettings()
	s.DatabaseURL, s.NATSURL, s.Listen = databaseURL, natsURL, "127.0.0.1:0"
	c, err := s.Check()
	if err != nil {
		t.Fatal(err)
	}
	c.Log = slog.New(slog.NewTextHandler(said, nil))
	return programtest.Start(t, c, io.Discard)
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
