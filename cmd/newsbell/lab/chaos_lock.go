package lab

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"newsbell/models/sqlitetest"
)

const (
	// lockedFor is longer than a worker may be silent and than SQLite waits for a lock.
	lockedFor = 12 * time.Second
	// lockedReaders is enough for several pages.
	lockedReaders = 20_000
)

// newChaosMachine starts a single server on an SQLite database.
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

// runAlone sends an alert from a single server and injects a fault.
func (c *Chaos) runAlone(ctx context.Context, t fault, progress *progressTable) (run faultRun, err error) {
	size := min(c.Subscribers, lockedReaders)
	preparing := progress.row("start a single server", size)
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

// lock takes the write lock of the database without writing, as a backup may.
func lock(ctx context.Context, f *chaosFleet) (time.Time, error) {
	unlock, err := sqlitetest.Lock(ctx, f.databaseURL)
	f.unlock = unlock
	return time.Now(), err
}

func unlockLater(ctx context.Context, f *chaosFleet) error {
	return errors.Join(pause(ctx, lockedFor), f.unlock())
}
