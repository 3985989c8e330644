package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"newsbell/cmd/newsbell/lab/netns"
	"newsbell/models"
	"newsbell/models/pgtest"
	"newsbell/notifier/pushtest"
)

// chaosFleet is a server that only publishes, workers, PostgreSQL, NATS and two push
// services, each in its own process.
type chaosFleet struct {
	*rig
	size     int
	postgres *pgtest.Cluster
	nats     *child
	workers  []*child
	store    *models.Store // to watch shards
	logFile  string
	unlock   func() error // unlocks a locked database
	// firewalls are in front of the servers, in a network namespace.
	firewalls map[networkServer]*netns.Firewall
	// undisturbed is the time until the last reader had the alert without a fault.
	undisturbed time.Duration
}

// most returns the push service with nine tenths of the readers, few the other one.
func (f *chaosFleet) most() *pushService { return f.services[0] }
func (f *chaosFleet) few() *pushService  { return f.services[1] }

func newChaosFleet(ctx context.Context, c *Chaos, done func(int)) (*chaosFleet, error) {
	postgres, databaseURL, err := startChaosPostgres()
	if err != nil {
		return nil, err
	}
	r, err := newRig(c.program, databaseURL)
	if err != nil {
		return nil, errors.Join(err, postgres.Close())
	}
	r.pilotAbove = c.PilotAbove
	f := &chaosFleet{rig: r, size: c.Subscribers, postgres: postgres, workers: make([]*child, c.Workers), logFile: filepath.Join(r.folder, "log")}
	if err := f.start(ctx, done); err != nil {
		return nil, errors.Join(err, f.logged(), f.close())
	}
	return f, nil
}

func (f *chaosFleet) start(ctx context.Context, done func(int)) (err error) {
	if f.log, err = os.Create(f.logFile); err != nil {
		return err
	}
	for range 2 {
		if _, err := f.startPushService(ctx); err != nil {
			return err
		}
	}
	if err := f.seed(ctx, []int{f.size - f.size/10, f.size / 10}, done); err != nil {
		return err
	}
	watched := f.databaseURL
	if f.postgres != nil {
		watched = f.postgres.URL() // over its socket, where no packets are dropped
	}
	if f.store, err = models.Open(ctx, models.Options{URL: watched}); err != nil {
		return err
	}
	if f.postgres == nil {
		_, err := f.startServer(ctx, "--undo-window", "0s")
		return err
	}
	if err := f.startNATS(ctx, -1); err != nil {
		return err
	}
	if err := f.buildFirewalls(ctx); err != nil {
		return err
	}
	if _, err := f.startServer(ctx, "--no-send", "--undo-window", "0s"); err != nil {
		return err
	}
	return f.replaceWorkers(ctx)
}

func (f *chaosFleet) close() error {
	var err error
	if f.store != nil {
		err = f.store.Close()
	}
	err = errors.Join(err, f.rig.close())
	if f.postgres != nil {
		err = errors.Join(err, f.postgres.Close())
	}
	if f.log != os.Stderr {
		err = errors.Join(err, f.log.Close())
	}
	return err
}

// startNATS starts an empty NATS server on a port; -1: any.
func (f *chaosFleet) startNATS(ctx context.Context, port int) error {
	folder, err := os.MkdirTemp(f.folder, "nats-")
	if err != nil {
		return err
	}
	ready := func(line string) (string, bool) { return strings.CutPrefix(line, "NATS at ") }
	f.nats, f.natsURL, err = f.startChild(ctx, nil, ready, "nats", "--folder", folder, fmt.Sprintf("--port=%d", port))
	if err == nil {
		f.children = append(f.children, f.nats)
	}
	return err
}

// replaceWorkers starts a new worker for each that has ended.
func (f *chaosFleet) replaceWorkers(ctx context.Context) (err error) {
	for i, w := range f.workers {
		if w != nil && !w.hasExited() {
			continue
		}
		if f.workers[i], err = f.startWorker(ctx); err != nil {
			return err
		}
	}
	return nil
}

// setFaults sets the fault rates of both push services.
func (f *chaosFleet) setFaults(ctx context.Context, most, few pushtest.FaultRates) error {
	return errors.Join(
		f.most().control(ctx, "POST", "faults", most, nil),
		f.few().control(ctx, "POST", "faults", few, nil))
}

// got returns the counts of both push services' readers together.
func (f *chaosFleet) got(ctx context.Context) (sum pushtest.SimulatedCounts, err error) {
	for _, s := range f.services {
		count, err := s.received(ctx)
		if err != nil {
			return sum, err
		}
		sum.Size += count.Size
		sum.Accepted += count.Accepted
		sum.Missing += count.Missing
		sum.Repeated += count.Repeated
		sum.Refused += count.Refused
		sum.Gone += count.Gone
		if sum.First.IsZero() || !count.First.IsZero() && count.First.Before(sum.First) {
			sum.First = count.First
		}
		if count.Last.After(sum.Last) {
			sum.Last = count.Last
		}
		sum.Unreadable += count.Unreadable
	}
	return sum, nil
}

// subscribed counts the subscriptions whose address is not gone.
func (f *chaosFleet) subscribed(ctx context.Context) (rows int, err error) {
	uses, err := f.store.VAPIDKeyUses(ctx)
	for _, n := range uses {
		rows += n
	}
	return rows, err
}

// logged returns the last log lines of the processes as an error.
func (f *chaosFleet) logged() error {
	const lines = 60
	written, err := os.ReadFile(f.logFile)
	if err != nil {
		return err
	}
	all := bytes.SplitAfter(written, []byte("\n"))
	return fmt.Errorf("the last of %d lines that the processes logged:\n%s", len(all), bytes.Join(all[max(0, len(all)-lines):], nil))
}
