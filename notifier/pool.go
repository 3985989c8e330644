package notifier

import (
	"context"
	"sync"
	"time"
)

// shutdownGrace is how long pushes in flight may go on when the process shall
// stop: long enough for an answer that is on its way.
const shutdownGrace = 80 * time.Millisecond

// pool sends pushes on a fixed number of goroutines, which bounds the requests
// in flight of all deliveries together.
type pool struct {
	sender Sender
	size   int
	jobs   chan pooled
}

// job is a push and, when it has been sent, its answer.
type job struct {
	push   Push
	answer Answer
}

type pooled struct {
	*job
	page *poolPage
}

// poolPage is what the jobs of one page share.
type poolPage struct {
	stopping context.Context // ends when no other push shall begin
	sending  context.Context // ends when those in flight are given up
	pending  sync.WaitGroup
}

func newPool(sender Sender, size int) *pool {
	return &pool{sender: sender, size: size, jobs: make(chan pooled)}
}

// start starts the goroutines; stop ends them once no page is being sent.
func (p *pool) start() (stop func()) {
	var running sync.WaitGroup
	for range p.size {
		running.Go(func() {
			for j := range p.jobs {
				j.answer = p.sendOne(j)
				j.page.pending.Done()
			}
		})
	}
	return func() {
		close(p.jobs)
		running.Wait()
	}
}

// send fills in the answers of all jobs. When ctx ends, no push begins any
// more and those in flight get a moment; what has not been sent by then keeps
// the zero answer.
func (p *pool) send(ctx context.Context, jobs []job) {
	sending, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(shutdownGrace, giveUp) })
	defer stop()
	page := &poolPage{stopping: ctx, sending: sending}
	page.pending.Add(len(jobs))
	for i := range jobs {
		p.jobs <- pooled{&jobs[i], page}
	}
	page.pending.Wait()
}

func (p *pool) sendOne(j pooled) Answer {
	if j.page.stopping.Err() != nil {
		return Answer{}
	}
	answer := p.sender.Send(j.page.sending, &j.push)
	if answer.Verdict == RetryLater && j.page.sending.Err() != nil {
		return Answer{} // given up by us, not by the push service
	}
	return answer
}
