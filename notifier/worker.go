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

const (
	// alwaysWork is how many ordinary shards a process always sends at a time; it sends
	// more only if it has room.
	alwaysWork    = 2
	workMoreEvery = 20 * time.Millisecond
	// maxBegun is how many interrupted shards of others a process takes at a time.
	maxBegun = 32
	// releaseWithin bounds the release of a shard.
	releaseWithin = 2 * time.Second
)

// workOnBegun takes the shards whose workers were interrupted, even if this process is busy:
// some of their readers have the alert already.
func (n *Notifier) workOnBegun(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	free := make(chan struct{}, maxBegun)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case free <- struct{}{}:
		}
		message := n.next(ctx, n.queue.begun)
		if message == nil {
			return ctx.Err()
		}
		group.Go(func() {
			n.workOn(ctx, message)
			<-free
		})
	}
}

// workMore takes a number of further shards at most while those in progress do not keep the
// process busy, because push services are slow to answer. Otherwise it leaves them to
// other processes.
func (n *Notifier) workMore(ctx context.Context, most int) error {
	var group sync.WaitGroup
	defer group.Wait()
	for pause(ctx, workMoreEvery) == nil {
		working := int(n.working.Load())
		if working < alwaysWork || working >= alwaysWork+most || !n.pool.HasRoom() {
			continue
		}
		message, err := n.queue.next.tryTake(ctx)
		if err != nil || message == nil {
			continue // work logs what is wrong
		}
		group.Go(func() { n.workOn(ctx, message) })
	}
	return ctx.Err()
}

// work takes shards from a consumer, one at a time, until ctx ends.
func (n *Notifier) work(ctx context.Context, l *consumer) error {
	for {
		message := n.next(ctx, l)
		if message == nil {
			return ctx.Err()
		}
		n.workOn(ctx, message)
	}
}

// next waits for the next message of a consumer; nil when ctx has ended.
func (n *Notifier) next(ctx context.Context, l *consumer) jetstream.Msg {
	for ctx.Err() == nil {
		message, err := l.take(ctx)
		if err == nil {
			return message
		}
		if ctx.Err() == nil {
			n.log.Warn("the queue does not answer; trying again", "consumer", l.name, "error", err)
			_ = n.queue.tryPrepare(ctx) // it may have been lost
			_ = pause(ctx, retryQueue)
		}
	}
	return nil
}

// workOn claims the shard of a message and sends it.
func (n *Notifier) workOn(ctx context.Context, message jetstream.Msg) {
	n.working.Add(1)
	defer n.working.Add(-1)
	claim := n.claim(ctx, message)
	if claim == nil {
		return
	}
	progress := &atomic.Int64{}
	remove := n.owners.add(claim.Fence(), progress)
	err := n.deliver(ctx, claim, progress)
	remove()
	switch {
	case err == nil:
		if claim.EndedPilot {
			n.wake()
		}
		n.announceProgress(claim.Alert.ID) // the shard is done, or waits
	case errors.Is(err, models.ErrFenced):
		n.log.Info("another worker has claimed the shard", "shard", claim.Shard.ID)
	default:
		n.release(ctx, claim, err)
	}
}

// claim makes this worker the owner of a message's shard, and returns nil if it is not. The
// message is acknowledged then, and also when there is nothing to claim.
func (n *Notifier) claim(ctx context.Context, message jetstream.Msg) *models.Claim {
	id, err := strconv.ParseInt(string(message.Data()), 10, 64)
	if err != nil {
		n.log.Error("not a shard in the queue", "subject", message.Subject())
		_ = message.Term()
		return nil
	}
	claim, err := n.store.Claim(ctx, id)
	switch {
	case err == nil, errors.Is(err, models.ErrFinished), errors.Is(err, models.ErrOwned):
		err = message.Ack()
	case ctx.Err() != nil:
		err = message.Nak()
	default:
		n.log.Error("a shard could not be claimed; trying again", "shard", id, "error", err)
		_ = pause(ctx, retryQueue)
		err = message.Nak()
	}
	if err != nil {
		n.log.Warn("a message of the queue was not acknowledged", "shard", id, "error", err)
	}
	return claim
}

// release releases a shard that could not be sent to its end. If this process is ending,
// another continues at once, otherwise at the next sweep.
func (n *Notifier) release(ctx context.Context, claim *models.Claim, cause error) {
	if ctx.Err() == nil {
		n.log.Error("a shard could not be sent; trying again", "shard", claim.Shard.ID, "error", cause)
	}
	releasing, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
	defer cancel()
	err := n.store.Release(releasing, claim.Fence())
	if err == nil && ctx.Err() != nil {
		err = n.queue.enqueue(releasing, claim.Ref())
	}
	if err != nil {
		n.log.Warn("a shard was not released; others take it when its owner is silent", "shard", claim.Shard.ID, "error", err)
	}
}
