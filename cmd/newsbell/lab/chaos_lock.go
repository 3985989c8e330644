package lab

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"newsbell/models/sqlitetest"
)

const (
	// lockedFor is longer than a worker may be silent, and than SQLite waits for a
	// lock.
	lockedFor = 12 * time.Second
	// lockedReaders are enough for several pages: SQLite is one machine's.
	lockedReaders = 20_000
)

// newChaosMachine is a server that sends too, on an SQLite database.
func newChaosMachine(ctx context.Context, program string, size int, done func(int)) (*chaosFleet, error) {
	r, err := newRig(program, "")
	if err != nil {
		return nil, err
	}
	f := &chaosFleet{rig: r, size: size, logFile: filepath.Join(r.folder, "log")}
	if err := f.start(ctx, done); err != nil {
		return nil, errors.Join(err, f.logged(), f.close())
	}
	return f, nil
}

// runAlone sends an alert on a machine of its own while something breaks.
func (c *Chaos) runAlone(ctx context.Context, t fault, progress *progressTable) (run faultRun, err error) {
	size := min(c.Subscribers, lockedReaders)
	preparing := progress.row("a machine is made", size)
	f, err := newChaosMachine(ctx, c.program, size, preparing.add)
	if err != nil {
		return run, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	preparing.done(size)
	if run, err = f.runFault(ctx, t, progress); err != nil || len(run.broken) > 0 {
		err = errors.Join(err, f.logged())
	}
	return run, err
}

// lock writes nothing and lets nobody else write, as a backup may.
func lock(ctx context.Context, f *chaosFleet) (time.Time, error) {
	unlock, err := sqlitetest.Lock(ctx, f.databaseURL)
	f.unlock = unlock
	return time.Now(), err
}

func unlockLater(ctx context.Context, f *chaosFleet) error {
	return errors.Join(pause(ctx, lockedFor), f.unlock())
}
