package database

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"time"
)

const (
	// readClockEvery is how often the database is asked for its time, and
	// readClockWithin how long it may take to answer: the error is half of that.
	readClockEvery  = 30 * time.Second
	readClockWithin = time.Second
	// clockJump is how far the machine's two clocks part when one of them was set,
	// or the machine has slept.
	clockJump = time.Second
)

// Clock is the clock of a PostgreSQL server: the same for all processes, whatever their
// machines' clocks say. Between two readings it follows the machine's monotonic clock,
// which does not jump, but stands still while the machine sleeps: when it and the wall
// clock part, the database is asked at once.
type Clock struct {
	database *sql.DB
	machine  func() time.Time
	last     atomic.Pointer[reading]
	doubt    chan struct{} // signals that the last reading may be wrong
	stop     context.CancelFunc
	stopped  chan struct{}
}

// reading is the database's time at a moment of the machine's.
type reading struct{ machine, database time.Time }

// isDoubtful reports whether the machine's two clocks have parted since.
func (r reading) isDoubtful(machine time.Time) bool {
	wall := machine.Round(0).Sub(r.machine.Round(0))
	return (wall - machine.Sub(r.machine)).Abs() >= clockJump
}

// StartClock reads the clock, and goes on reading it until Close. The machine's clock is
// mostly [time.Now].
func StartClock(ctx context.Context, database *sql.DB, machine func() time.Time) (*Clock, error) {
	c := &Clock{database: database, machine: machine, doubt: make(chan struct{}, 1), stopped: make(chan struct{})}
	if err := c.read(ctx); err != nil {
		return nil, fmt.Errorf("read the database's clock: %w", err)
	}
	ctx, c.stop = context.WithCancel(context.Background())
	go c.run(ctx)
	return c, nil
}

// Now returns the time.
func (c *Clock) Now() time.Time {
	last, machine := c.last.Load(), c.machine()
	if last.isDoubtful(machine) {
		select {
		case c.doubt <- struct{}{}:
		default:
		}
	}
	return last.database.Add(machine.Sub(last.machine))
}

// Close ends the goroutine that reads the clock.
func (c *Clock) Close() {
	c.stop()
	<-c.stopped
}

func (c *Clock) run(ctx context.Context) {
	defer close(c.stopped)
	ticker := time.NewTicker(readClockEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = c.read(ctx) // if that fails, the last reading is used
		case <-c.doubt:
			if c.read(ctx) != nil {
				sleep(ctx, readClockWithin)
			}
		}
	}
}

// read takes the database's time as that of the middle of the query.
func (c *Clock) read(ctx context.Context) error {
	if c.last.Load() != nil { // the first one waits as long as its caller
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, readClockWithin)
		defer cancel()
	}
	var now time.Time
	asked := c.machine()
	if err := c.database.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return err
	}
	c.last.Store(&reading{machine: asked.Add(c.machine().Sub(asked) / 2), database: now})
	return nil
}

// sleep waits, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
