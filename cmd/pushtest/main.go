// Pushtest runs the loopback push service in a process of its own, for the
// browser tests and for benchmarks. It prints one line of JSON that says where,
// and runs until it is interrupted. Tests steer it by GET /control/stats, POST
// /control/script and POST /control/drop-browsers.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"newsbell/notifier/pushtest"
)

type options struct {
	Listen  string        `help:"Address to listen on." default:"127.0.0.1:0"`
	Plain   bool          `help:"Serve http instead of https."`
	Latency time.Duration `help:"How long each answer takes."`
	Discard bool          `help:"Check and count messages, and forget them."`
}

func main() {
	var o options
	kong.Parse(&o, kong.Description("A push service on loopback, for tests."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "pushtest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	server, err := pushtest.New(pushtest.Options{Addr: o.Listen, Plain: o.Plain, Latency: o.Latency, Discard: o.Discard})
	if err != nil {
		return err
	}
	err = json.NewEncoder(os.Stdout).Encode(map[string]string{
		"url": server.URL(), "websocket": server.WebSocketURL(), "cert_pem": string(server.CertPEM()),
	})
	if err == nil {
		<-ctx.Done()
	}
	return errors.Join(err, server.Close())
}
