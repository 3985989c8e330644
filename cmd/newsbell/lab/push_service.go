package lab

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"newsbell/notifier/pushtest"
)

// PushService runs the loopback push service in its own process, for the browser tests, the
// benchmark and chaos. Tests control it with its routes below /control.
type PushService struct {
	Listen  string        `help:"Address to listen on." default:"127.0.0.1:0"`
	Plain   bool          `help:"Serve http instead of https."`
	Latency time.Duration `help:"Delay of each answer."`
}

// pushServiceInfo is the line that the push service prints.
type pushServiceInfo struct {
	URL       string `json:"url"`
	WebSocket string `json:"websocket"`
	CertPEM   string `json:"cert_pem"`
}

// Run prints the addresses as a line of JSON, and runs until ctx is done.
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
