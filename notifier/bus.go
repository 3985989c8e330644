package notifier

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Bus connects the parts of a Newsbell: a NATS server inside the process, which
// opens no port and keeps its queue in memory, or one that a fleet shares.
// Losing it loses no alert.
type Bus struct {
	Conn *nats.Conn

	// server and dir are there when the server is inside.
	server *server.Server
	dir    string
}

// busMemory bounds the queue: a shard's message takes about 100 bytes.
const busMemory = 64 << 20

// OpenBus connects to the NATS of a URL, or starts one inside the process when
// there is none. A NATS that cannot be reached, or lets nobody in, is tried
// again and again.
func OpenBus(url string, log *slog.Logger) (*Bus, error) {
	if url == "" {
		return StartBus()
	}
	conn, err := nats.Connect(url, nats.Name("newsbell"),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(),
		nats.CustomReconnectDelay(reconnectDelay),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			log.Warn("NATS is unreachable; trying again", "error", err)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // not closed by us
				log.Warn("NATS is gone", "error", err)
			}
		}),
		nats.ConnectHandler(func(*nats.Conn) { log.Info("NATS is connected") }),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("NATS is connected again") }),
	)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	return &Bus{Conn: conn}, nil
}

// reconnectDelay is 250 ms, doubled each time up to 5 s.
func reconnectDelay(attempts int) time.Duration {
	return min(250*time.Millisecond<<min(attempts-1, 10), 5*time.Second)
}

// StartBus starts an embedded server.
func StartBus() (*Bus, error) {
	dir, err := os.MkdirTemp("", "newsbell-bus-")
	if err != nil {
		return nil, fmt.Errorf("start bus: %w", err)
	}
	b := &Bus{dir: dir}
	if err := b.start(); err != nil {
		b.Close()
		return nil, fmt.Errorf("start bus: %w", err)
	}
	return b, nil
}

// Close disconnects and ends the server.
func (b *Bus) Close() {
	if b.Conn != nil {
		b.Conn.Close()
	}
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}

func (b *Bus) start() (err error) {
	b.server, err = server.NewServer(&server.Options{
		ServerName: "newsbell", DontListen: true, NoLog: true, NoSigs: true,
		JetStream: true, JetStreamMaxMemory: busMemory, JetStreamMaxStore: 1 << 20, StoreDir: b.dir,
	})
	if err != nil {
		return err
	}
	b.server.Start()
	if !b.server.ReadyForConnections(10 * time.Second) {
		return errors.New("the server did not get ready")
	}
	b.Conn, err = nats.Connect("", nats.InProcessServer(b.server), nats.MaxReconnects(-1), nats.Name("newsbell"))
	return err
}
