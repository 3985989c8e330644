package lab

import (
	"context"
	"errors"
	"fmt"
	"time"

	"newsbell/models"
	"newsbell/notifier/pushtest"
)

// pageSize is the number of readers that a worker sends to between two records.
const pageSize = 1000

// faultRun is the result of an alert with a fault.
type faultRun struct {
	fault fault
	// readers have an address before the alert; absent had one, but it is gone.
	readers, absent int
	missing         int
	refused         int // readers whose pushes were refused by the push service
	gone, retired   int
	// repeats is the number of pushes to readers who already had the alert. A takeover may
	// repeat a page.
	repeats, repeatsAllowed int
	takeovers               int
	// goesOn is the time until all shards in progress continued or, if the fleet was idle,
	// until the first reader had the alert; most, until 99 of 100 readers had their result.
	goesOn, most, took time.Duration
	began              time.Time
	// last is the time until the last reader had the alert.
	last   time.Duration
	broken []string // broken promises
}

// runFault sends an alert, injects a fault, and checks the promises.
func (f *chaosFleet) runFault(ctx context.Context, t fault, progress *progressTable) (faultRun, error) {
	c := faultRun{fault: t}
	var err error
	if err = f.replaceWorkers(ctx); err != nil {
		return c, err
	}
	if c.readers, err = f.subscribed(ctx); err != nil {
		return c, err
	}
	c.absent = f.size - c.readers
	if err := f.resetSimulated(ctx); err != nil {
		return c, err
	}
	t.most.Stale = f.most().size * t.stale / 10
	if err := f.setFaults(ctx, t.most, t.few); err != nil {
		return c, err
	}
	row := progress.row(t.name, c.readers)
	if t.isIdle() {
		if err := f.silenceIdle(ctx, t.network.server); err != nil {
			return c, err
		}
	}
	c.began = time.Now()
	a, err := f.publish(ctx, "update", "all", t.name)
	if err != nil {
		return c, err
	}
	w := &shardWatch{fleet: f, alertID: a.ID, fault: t, progress: row.set}
	if err := w.untilEnded(ctx); err != nil {
		return c, err
	}
	c.took, c.most = time.Since(c.began), w.most.Sub(c.began)
	row.done(w.tried)
	if err := f.setFaults(ctx, pushtest.FaultRates{}, pushtest.FaultRates{}); err != nil {
		return c, err
	}
	err = f.check(ctx, &c, w)
	if t.name == nothingBreaks {
		f.undisturbed = c.last
	}
	if t.settle != nil {
		err = errors.Join(err, t.settle(ctx, f))
	}
	return c, err
}

// check compares the database's counts with what the readers got.
func (f *chaosFleet) check(ctx context.Context, c *faultRun, w *shardWatch) error {
	ended, err := f.store.Alert(ctx, w.alertID)
	if err != nil {
		return err
	}
	counts, err := f.store.Counts(ctx, ended)
	if err != nil {
		return err
	}
	got, err := f.got(ctx)
	if err != nil {
		return err
	}
	left, err := f.subscribed(ctx)
	if err != nil {
		return err
	}
	c.refused, c.last = got.Refused, got.Last.Sub(c.began)
	reached := got.Size - got.Missing - got.Gone - got.Refused
	c.missing, c.gone, c.retired = got.Missing-c.absent, got.Gone, c.readers-left
	c.repeats = got.Accepted - reached
	c.takeovers = w.takeovers
	if c.fault.takesOver {
		c.repeatsAllowed = pageSize * w.takeovers
	}
	want := func(ok bool, promise string, values ...any) {
		if !ok {
			c.broken = append(c.broken, fmt.Sprintf(promise, values...))
		}
	}
	want(ended.State == models.Sent, "the alert is %s", ended.State)
	stale := c.fault.stale * f.most().size / 10
	want(c.refused == stale, "%d readers were refused, of %d", c.refused, stale)
	failed := counts.Failed - c.refused
	want(failed == 0, "%d pushes failed for good", failed)
	want(c.missing == failed, "%d readers are missing, %d of them known", c.missing, failed)
	if later := c.fault.lastLater(); later > 0 && f.undisturbed > 0 {
		latest := f.undisturbed + later
		want(c.last <= latest, "the last reader has it after %s, at most %s", c.last, latest)
	}
	want(counts.Accepted == reached, "%d readers have it, but %d were counted", reached, counts.Accepted)
	want(counts.Gone == c.gone, "%d readers are gone, but %d were counted", c.gone, counts.Gone)
	want(counts.Waiting == 0, "%d still wait", counts.Waiting)
	want(counts.Audience == c.readers, "the audience is %d of %d", counts.Audience, c.readers)
	want(c.retired == c.gone, "%d addresses were retired, %d are gone", c.retired, c.gone)
	want(got.Unreadable == 0, "%d pushes could not be read", got.Unreadable)
	want(c.repeats <= c.repeatsAllowed, "%d repeats, at most %d", c.repeats, c.repeatsAllowed)
	if within := c.fault.goesOnWithin; within > 0 {
		var wentOn int
		wentOn, c.goesOn = w.wentOn()
		if c.fault.isIdle() {
			c.goesOn = got.First.Sub(c.began)
		} else {
			want(len(w.inFlight) > 0 || w.resumed > 0, "nothing was in progress when it broke")
			want(wentOn == len(w.inFlight), "%d of %d shards went on", wentOn, len(w.inFlight))
		}
		want(c.goesOn <= within, "it went on after %s, at most %s", c.goesOn, within)
	}
	return nil
}
