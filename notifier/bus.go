package notifier

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Bus is a NATS server inside the process: it opens no port and keeps its
// queue in memory. Losing it loses no alert.
type Bus struct {
	// Conn is connected to it.
	Conn *nats.Conn

	server *server.Server
	dir    string
}

// busMemory bounds the queue: a shard's message takes about 100 bytes.
const busMemory = 64 << 20

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
	_ = os.RemoveAll(b.dir)
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
