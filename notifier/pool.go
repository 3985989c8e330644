package notifier

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"newsbell/models"
	"newsbell/notifier/webpush"
)

// shutdownGrace is how long pushes in flight may go on when the process must
// stop: long enough for an answer that is on its way.
const shutdownGrace = 80 * time.Millisecond

// giveWay is how long encryption pauses after a message while the process is busy
// otherwise: some times what a message takes. So it goes on with a part of its
// speed, whatever is asked of the process.
const giveWay = 150 * time.Microsecond

// pool sends pushes. Encryption keeps a core busy, so that there are as many
// goroutines for that as cores: more would only keep everything else waiting,
// the readers' requests too. Sending waits for the network, so that each push
// has a goroutine for that. Which push is next, its hosts say.
type pool struct {
	sender  webpush.Sender
	busy    func() bool
	hosts   *hosts
	sending sync.WaitGroup
}

// job is a push and, when it has been sent, its answer.
type job struct {
	push   webpush.Push
	answer webpush.Answer
	// reached says that an alert was accepted for the subscription lately.
	reached bool
	// again says that it has been refused, or tried in vain, before.
	again bool
}

func newPool(sender webpush.Sender, size int, busy func() bool, log *slog.Logger) *pool {
	return &pool{sender: sender, busy: busy, hosts: newHosts(size, log)}
}

// start starts the goroutines; stop ends them once no page is being sent. What
// is learned of hosts goes to tell.
func (p *pool) start(tell func(models.HostEvent)) (stop func()) {
	var running sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		running.Go(p.encrypt)
	}
	watching, stopWatch := context.WithCancel(context.Background())
	running.Go(func() { p.hosts.watch(watching, tell) })
	return func() {
		p.hosts.close()
		stopWatch()
		running.Wait()
		p.sending.Wait()
	}
}

// send fills in the answers of all jobs. When ctx ends, no push begins any
// more and those in flight get a moment; what has not been sent by then keeps
// the zero answer.
func (p *pool) send(ctx context.Context, jobs []job, of source) {
	if ctx.Err() != nil {
		return
	}
	sending, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	page := &poolPage{of: of, sending: sending}
	batches := page.cut(jobs)
	p.hosts.enqueue(batches)
	stop := context.AfterFunc(ctx, func() {
		p.hosts.drop(batches)
		time.AfterFunc(shutdownGrace, giveUp)
	})
	defer stop()
	page.pending.Wait()
	p.hosts.blame(batches)
}

// hear learns what another process has learned of a push service.
func (p *pool) hear(event models.HostEvent) { p.hosts.hear(event) }

// hasRoom tells whether little is left to begin.
func (p *pool) hasRoom() bool { return p.hosts.hasRoom() }

func (p *pool) encrypt() {
	for a, ok := p.hosts.next(); ok; a, ok = p.hosts.next() {
		prepared := p.sender.Prepare(&a.job.push)
		p.sending.Go(func() {
			a.job.answer = a.send(prepared)
			p.hosts.answered(a)
		})
		if p.busy() {
			time.Sleep(giveWay)
		} else {
			runtime.Gosched()
		}
	}
}

func (a attempt) send(prepared webpush.Prepared) webpush.Answer {
	answer := prepared.Send(a.batch.sending)
	switch {
	case answer.Verdict != webpush.RetryLater || answer.Status != 0:
		return answer
	case a.batch.page.sending.Err() != nil:
		return webpush.Answer{} // given up by us, not by the push service
	case a.batch.sending.Err() != nil:
		return webpush.Answer{Verdict: webpush.RetryLater, Reason: context.Cause(a.batch.sending).Error()}
	}
	return answer
}
