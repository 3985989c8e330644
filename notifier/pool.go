package notifier

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"newsbell/models"
)

// shutdownGrace is how long pushes in flight may go on when the process shall
// stop: long enough for an answer that is on its way.
const shutdownGrace = 80 * time.Millisecond

// pool sends pushes on a fixed number of goroutines, which bounds the requests
// in flight of all deliveries together. Which push is next, its hosts say.
type pool struct {
	sender Sender
	size   int
	hosts  *hosts
}

// job is a push and, when it has been sent, its answer.
type job struct {
	push   Push
	answer Answer
}

func newPool(sender Sender, size int, log *slog.Logger) *pool {
	return &pool{sender: sender, size: size, hosts: newHosts(size, log)}
}

// start starts the goroutines; stop ends them once no page is being sent. What
// is learned of hosts goes to tell.
func (p *pool) start(tell func(models.HostEvent)) (stop func()) {
	var running sync.WaitGroup
	for range p.size {
		running.Go(p.run)
	}
	watching, stopWatch := context.WithCancel(context.Background())
	running.Go(func() { p.hosts.watch(watching, tell) })
	return func() {
		p.hosts.close()
		stopWatch()
		running.Wait()
	}
}

// send fills in the answers of all jobs. When ctx ends, no push begins any
// more and those in flight get a moment; what has not been sent by then keeps
// the zero answer.
func (p *pool) send(ctx context.Context, jobs []job) {
	if ctx.Err() != nil {
		return
	}
	sending, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	page := &poolPage{sending: sending}
	batches := page.cut(jobs)
	p.hosts.enqueue(batches)
	stop := context.AfterFunc(ctx, func() {
		p.hosts.drop(batches)
		time.AfterFunc(shutdownGrace, giveUp)
	})
	defer stop()
	page.pending.Wait()
}

func (p *pool) run() {
	for a, ok := p.hosts.next(attempt{}); ok; a, ok = p.hosts.next(a) {
		a.job.answer = p.sendOne(a)
	}
}

func (p *pool) sendOne(a attempt) Answer {
	answer := p.sender.Send(a.batch.sending, &a.job.push)
	switch {
	case answer.Verdict != RetryLater || answer.Status != 0:
		return answer
	case a.batch.page.sending.Err() != nil:
		return Answer{} // given up by us, not by the push service
	case a.batch.sending.Err() != nil:
		return Answer{Verdict: RetryLater, Reason: context.Cause(a.batch.sending).Error()}
	}
	return answer
}
