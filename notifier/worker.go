package notifier

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"newsbell/models"
)

// wedgedAfter is how long a page may take before its worker stops beating, so
// that the shard goes to another. It is longer than any request.
const wedgedAfter = 30 * time.Second

const (
	// alwaysWork is how many ordinary shards a process sends at a time before it
	// asks whether it has room for more.
	alwaysWork    = 2
	workMoreEvery = 20 * time.Millisecond
	// maxGivenBack is how many shards that others give back wait to be taken.
	maxGivenBack = 64
)

// workOnGivenBack takes the shards that other processes give back, however busy
// this one is: their readers have begun to hear of the alert.
func (n *Notifier) workOnGivenBack(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	given := make(chan struct{}, maxGivenBack)
	err := n.queue.hearGivenBack(ctx, func() {
		select {
		case given <- struct{}{}:
		default: // so many come in the ordinary way
		}
	})
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-given:
		}
		group.Go(func() {
			if message, err := n.queue.next.takeSoon(ctx); err == nil && message != nil {
				n.workOn(ctx, message)
			}
		})
	}
}

// workMore takes up to so many shards more while those in progress do not keep
// the process busy, because push services take their time to answer. It leaves
// them to other processes else.
func (n *Notifier) workMore(ctx context.Context, most int) error {
	var group sync.WaitGroup
	defer group.Wait()
	for pause(ctx, workMoreEvery) == nil {
		working := int(n.working.Load())
		if working < alwaysWork || working >= alwaysWork+most || !n.pool.hosts.hasRoom() {
			continue
		}
		message, err := n.queue.next.tryTake(ctx)
		if err != nil || message == nil {
			continue // the others say what is wrong
		}
		group.Go(func() { n.workOn(ctx, message) })
	}
	return ctx.Err()
}

// work takes shards from a lane, one at a time, until ctx ends.
func (n *Notifier) work(ctx context.Context, l *lane) error {
	for ctx.Err() == nil {
		message, err := l.take(ctx)
		if err != nil {
			if ctx.Err() == nil {
				n.log.Warn("the queue does not answer; trying again", "lane", l.name, "error", err)
				_ = pause(ctx, retryQueue)
			}
			continue
		}
		n.workOn(ctx, message)
	}
	return ctx.Err()
}

// workOn sends the shard of a message and says what became of it: Ack when its
// row is as it should be, Nak when another worker shall go on at once, nothing
// when another worker has it already.
func (n *Notifier) workOn(ctx context.Context, message jetstream.Msg) {
	id, err := strconv.ParseInt(string(message.Data()), 10, 64)
	if err != nil {
		n.log.Error("not a shard in the queue", "subject", message.Subject())
		_ = message.Term()
		return
	}
	n.working.Add(1)
	defer n.working.Add(-1)
	progress := &atomic.Int64{}
	stopBeat := beat(message, progress)
	err = n.deliver(ctx, id, progress)
	stopBeat()
	switch {
	case err == nil, errors.Is(err, models.ErrFinished):
		err = message.Ack()
	case errors.Is(err, models.ErrFenced):
		n.log.Info("another worker has the shard", "shard", id)
		return
	case ctx.Err() != nil:
		err = n.queue.giveBack(message)
	default:
		n.log.Error("shard failed; trying again", "shard", id, "error", err)
		return // it comes again after ackWait
	}
	if err != nil {
		n.log.Warn("the queue did not hear of a shard", "shard", id, "error", err)
	}
}

// beat tells the queue that the worker lives, as long as it makes progress.
func beat(message jetstream.Msg, progress *atomic.Int64) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(beatEvery)
		defer ticker.Stop()
		seen, since := progress.Load(), time.Now()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			if now := progress.Load(); now != seen {
				seen, since = now, time.Now()
			}
			if time.Since(since) < wedgedAfter {
				_ = message.InProgress()
			}
		}
	}()
	return func() {
		close(done)
		<-stopped
	}
}
