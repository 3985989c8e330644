package lab

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// NATS runs a NATS server in its own process, which chaos can kill.
type NATS struct {
	Folder string `help:"Folder of its files." required:"" type:"path"`
	Port   int    `help:"Port on 127.0.0.1; -1 for any." default:"-1"`
}

// Run prints the server's address and runs until ctx is done.
func (n *NATS) Run(ctx context.Context) error {
	nats, err := startNATS(n.Folder, n.Port)
	if err != nil {
		return err
	}
	fmt.Println("NATS at", nats.ClientURL())
	<-ctx.Done()
	nats.Shutdown()
	nats.WaitForShutdown()
	return nil
}

// startNATS starts an empty NATS server that other processes can reach, with its files in a
// folder, on a port; -1: any.
func startNATS(folder string, port int) (*server.Server, error) {
	nats, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: filepath.Join(folder, "nats"), NoLog: true, NoSigs: true,
	})
	if err != nil {
		return nil, err
	}
	nats.Start()
	if !nats.ReadyForConnections(10 * time.Second) {
		nats.Shutdown()
		return nil, errors.New("NATS is not ready")
	}
	return nats, nil
}
