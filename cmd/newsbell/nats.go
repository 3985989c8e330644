package main

import (
	"errors"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// startNATS starts an empty NATS that other processes can reach, on any port
// for -1, with its files in a folder.
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
