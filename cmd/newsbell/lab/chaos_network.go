package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"newsbell/cmd/newsbell/lab/netns"
	"newsbell/models/pgtest"
	"newsbell/models/pgtest/deathsig"
)

// networkFault is a firewall in front of a server that drops packets silently.
type networkFault struct {
	server networkServer
	// cutFor is how long the firewall drops all packets during the alert. If it is 0, the
	// firewall permanently drops packets of connections that were open just before the alert
	// was published, and lets new connections pass.
	cutFor time.Duration
}

// networkServer is a server that the fleet reaches over the network.
type networkServer string

const (
	postgresServer networkServer = "PostgreSQL"
	natsServer     networkServer = "NATS"
)

const (
	// newPassWithin is the time in which the first reader must have an alert if all open
	// connections are silent and new ones work.
	newPassWithin = 15 * time.Second
	// healedWithin is the time in which sending must continue after a cut.
	healedWithin = 10 * time.Second
	// cutFor is longer than the timeouts of connections, so that new ones are opened
	// afterwards.
	cutFor = 30 * time.Second
	// idleFor is how long the fleet is idle before its connections become silent: longer
	// than a connection is reused without a check.
	idleFor = 3 * time.Second
)

// runInOwnNetwork runs this command again in a network namespace.
func (c *Chaos) runInOwnNetwork(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	command := netns.Command(ctx, program, "chaos", "--subscribers", strconv.Itoa(c.Subscribers),
		"--workers", strconv.Itoa(c.Workers), "--only", strings.Join(c.Only, ","))
	command.Stdout, command.Stderr = c.out, c.progress
	if err := deathsig.Run(command, syscall.SIGKILL); err != nil {
		return fmt.Errorf("chaos in a network namespace: %w", errors.Join(ctx.Err(), err))
	}
	return nil
}

// skipNetwork removes the faults that need a network namespace, and prints why.
func skipNetwork(out io.Writer, chosen []fault, reason error) (left []fault, err error) {
	for _, t := range chosen {
		if !t.needsNetwork() {
			left = append(left, t)
			continue
		}
		if _, err := fmt.Fprintf(out, "skipped: %s: there is no network of its own: %v\n", t.name, reason); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// startChaosPostgres starts PostgreSQL. In a network namespace, the fleet reaches it over
// TCP.
func startChaosPostgres() (*pgtest.Cluster, string, error) {
	if !netns.Inside() {
		postgres, err := pgtest.Start()
		if err != nil {
			return nil, "", err
		}
		return postgres, postgres.URL(), nil
	}
	postgres, err := pgtest.StartOn("127.0.0.1")
	if err != nil {
		return nil, "", err
	}
	return postgres, postgres.TCPURL(), nil
}

// buildFirewalls creates a firewall in front of each server, before the fleet connects.
func (f *chaosFleet) buildFirewalls(ctx context.Context) error {
	if !netns.Inside() {
		return nil
	}
	nats, err := portOf(f.natsURL)
	if err != nil {
		return err
	}
	f.firewalls = map[networkServer]*netns.Firewall{}
	for server, port := range map[networkServer]int{postgresServer: pgtest.Port, natsServer: nats} {
		if f.firewalls[server], err = netns.NewFirewall(ctx, port); err != nil {
			return err
		}
	}
	return nil
}

// silenceIdle waits while the fleet is idle, then silences its connections to a server.
func (f *chaosFleet) silenceIdle(ctx context.Context, server networkServer) error {
	if err := pause(ctx, idleFor); err != nil {
		return err
	}
	return f.firewalls[server].Forget(ctx)
}

func portOf(serverURL string) (int, error) {
	at, err := url.Parse(serverURL)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(at.Port())
}
