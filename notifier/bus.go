package notifier

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"newsbell/models"
	"newsbell/models/database/dial"
)

// Bus connects the parts of a Newsbell: a NATS server inside the process, which
// opens no port and keeps its queue in memory, or one that a fleet shares.
// Losing it loses no alert.
type Bus struct {
	Conn *nats.Conn

	// server and dir are set when the server is inside the process.
	server *server.Server
	dir    string
}

// busMemory bounds the queue: a shard's message takes about 100 bytes.
const busMemory = 64 << 20

// BusOptions say where NATS is; zero fields get their defaults.
type BusOptions struct {
	// URL is the address of a NATS server. Default: one inside the process.
	URL string
	// RootCAs are the certificate authorities that are trusted for NATS; they require
	// TLS. Default: the system's, if the server or the URL requires TLS.
	RootCAs *x509.CertPool
	Log     *slog.Logger
}

const (
	// A connection to NATS is dead after pingsMissed pings without an answer.
	pingEvery   = 2 * time.Second
	pingsMissed = 2
	// natsAnswersWithin bounds a connection's handshake and a blocked write.
	natsAnswersWithin = 3 * time.Second
)

// OpenBus connects to NATS, or starts it inside the process. It tries again while NATS
// cannot be reached or refuses the connection.
func OpenBus(o BusOptions) (*Bus, error) {
	if o.URL == "" {
		return StartBus()
	}
	options := []nats.Option{
		nats.Name("newsbell"),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(),
		nats.CustomReconnectDelay(reconnectDelay), nats.SetCustomDialer(dial.Dialer()),
		nats.Timeout(natsAnswersWithin), nats.FlusherTimeout(natsAnswersWithin),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(pingsMissed),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			o.Log.Warn("NATS is unreachable; trying again", "error", err)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // not closed by us
				o.Log.Warn("NATS is gone", "error", err)
			}
		}),
		nats.ConnectHandler(func(*nats.Conn) { o.Log.Info("NATS is connected") }),
		nats.ReconnectHandler(func(*nats.Conn) { o.Log.Info("NATS is connected again") }),
	}
	if o.RootCAs != nil {
		options = append(options, nats.Secure(&tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12}))
	}
	conn, err := nats.Connect(o.URL, options...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	return &Bus{Conn: conn}, nil
}

// Ready returns nil if NATS answers; else a [models.NotReady].
func (b *Bus) Ready(ctx context.Context) error {
	if !b.Conn.IsConnected() {
		return &models.NotReady{Words: "NATS is not connected", Cause: b.Conn.LastError()}
	}
	if err := b.Conn.FlushWithContext(ctx); err != nil {
		return &models.NotReady{Words: "NATS does not answer", Cause: err}
	}
	return nil
}

// reconnectDelay is 250 ms, doubled each time up to 2 s.
func reconnectDelay(attempts int) time.Duration {
	return min(250*time.Millisecond<<min(attempts-1, 10), 2*time.Second)
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
