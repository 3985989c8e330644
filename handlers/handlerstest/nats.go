package handlerstest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"newsbell/handlers"
	"newsbell/handlers/live"
	"newsbell/handlers/watching"
	"newsbell/models/modelstest"
)

// OnBothWithNATS runs a test against a web with NATS and live pages, on SQLite and on
// PostgreSQL.
func OnBothWithNATS(t *testing.T, o live.Options, test func(*testing.T, *Web)) {
	t.Helper()
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		first := New(t, db, handlers.Options{})
		first.NATS = StartNATS(t, -1)
		test(t, first.StartProcess(o))
	})
}

// StartProcess starts another web on the same database and NATS.
func (w *Web) StartProcess(o live.Options) *Web {
	w.t.Helper()
	conn, err := nats.Connect(w.NATS.ClientURL(), nats.ReconnectWait(time.Millisecond), nats.MaxReconnects(-1))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(conn.Close)
	process := Serve(w.t, w.DB, w.Token, &Bus{Conn: conn}, handlers.Options{Live: o, Watching: watching.Options{LookEvery: o.SweepEvery}})
	process.NATS = w.NATS
	process.start()
	return process
}

// start runs the web until Stop is called.
func (w *Web) start() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	w.Stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(w.Stop)
}

// StartNATS starts a NATS server on a port; -1: any.
func StartNATS(t *testing.T, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { StopNATS(s) })
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("NATS is not ready")
	}
	return s
}

// StopNATS stops a NATS server.
func StopNATS(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}
