package lab

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"newsbell/notifier/pushtest"
)

// PushService runs the loopback push service in a process of its own,
// for the browser tests, the benchmark and the chaos. Tests steer it by its
// routes below /control.
type PushService struct {
	Listen  string        `help:"Address to listen on." default:"127.0.0.1:0"`
	Plain   bool          `help:"Serve http instead of https."`
	Latency time.Duration `help:"How long each answer takes."`
}

// pushServiceInfo is the line that it prints.
type pushServiceInfo struct {
	URL       string `json:"url"`
	WebSocket string `json:"websocket"`
	CertPEM   string `json:"cert_pem"`
}

// Run prints where it is, in a line of JSON, and runs until ctx ends.
func (p *PushService) Run(ctx context.Context) error {
	server, err := pushtest.New(pushtest.Options{Addr: p.Listen, Plain: p.Plain, Latency: p.Latency})
	if err != nil {
		return err
	}
	err = json.NewEncoder(os.Stdout).Encode(pushServiceInfo{
		URL: server.URL(), WebSocket: server.WebSocketURL(), CertPEM: string(server.CertPEM()),
	})
	if err == nil {
		<-ctx.Done()
	}
	return errors.Join(err, server.Close())
}
