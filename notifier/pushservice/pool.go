// Package pushservice decides which push is sent next, and keeps what a process knows
// of each push service: how many requests it takes at a time, whether it is down,
// whether it refuses our key or only old subscriptions. It knows nothing of alerts.
package pushservice

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"time"

	"newsbell/notifier/webpush"
)

// shutdownGrace is how long pushes in flight may go on when the process must
// stop: long enough for an answer that is on its way.
const shutdownGrace = 80 * time.Millisecond

// giveWay is how long encryption pauses after a message while the process is busy
// otherwise: some times what a message takes. So it goes on with a part of its
// speed, whatever is asked of the process.
const giveWay = 150 * time.Microsecond

// Pool sends pushes. Encryption keeps a core busy, so that there are as many
// goroutines for that as cores: more would only keep everything else waiting,
// the readers' requests too. Sending waits for the network, so that each push
// has a goroutine for that. Which push is next, its hosts say.
type Pool struct {
	sender   webpush.Sender
	busy     func() bool
	hosts    *hosts
	resolver *resolver
	sending  sync.WaitGroup
}

// Options are what a pool needs; zero fields but the sender get their defaults.
type Options struct {
	// Sender encrypts and sends.
	Sender webpush.Sender
	// InFlight bounds the requests in flight, of which one push service has 7/8 at
	// most. Default: 2048.
	InFlight int
	// Busy tells whether this process has something more urgent to do, such as to
	// answer readers' requests. Encryption pauses often while it has. Default: never.
	Busy func() bool
	// Silence is how long a push service may answer nothing at all while requests are
	// in flight. They are given up then. Default: 5 s.
	Silence time.Duration
	// Now is the clock by which push services are given time. Default: [time.Now].
	Now func() time.Time
	// LookupHost resolves a name. Default: [net.Resolver.LookupHost] of [net.DefaultResolver].
	LookupHost func(ctx context.Context, host string) ([]string, error)
	Log        *slog.Logger
}

// Job is a push and, when it has been sent, its answer.
type Job struct {
	Push   webpush.Push
	Answer webpush.Answer
	// AcceptedLately says that an alert was accepted for the subscription lately.
	AcceptedLately bool
	// TriedBefore says that it has been refused, or tried in vain, before.
	TriedBefore bool
}

func NewPool(o Options) *Pool {
	o = o.withDefaults()
	return &Pool{sender: o.Sender, busy: o.Busy, hosts: newHosts(o), resolver: &resolver{lookup: o.LookupHost}}
}

func (o Options) withDefaults() Options {
	o.InFlight = cmp.Or(o.InFlight, 2048)
	o.Silence = cmp.Or(o.Silence, defaultSilence)
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if o.Busy == nil {
		o.Busy = func() bool { return false }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.LookupHost == nil {
		o.LookupHost = net.DefaultResolver.LookupHost
	}
	return o
}

// Start starts the goroutines; stop ends them once no page is being sent. What
// is learned of hosts goes to tell.
func (p *Pool) Start(tell func(Event)) (stop func()) {
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

// Send fills in the answers of all jobs. When ctx ends, no push begins any
// more and those in flight get a moment; what has not been sent by then keeps
// the zero answer.
func (p *Pool) Send(ctx context.Context, jobs []Job, of Source) {
	if ctx.Err() != nil {
		return
	}
	sending, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	page := &page{of: of, sending: sending}
	batches := page.cut(jobs)
	p.hosts.enqueue(batches)
	stop := context.AfterFunc(ctx, func() {
		p.hosts.drop(batches)
		time.AfterFunc(shutdownGrace, giveUp)
	})
	defer stop()
	page.pending.Wait()
	p.hosts.attribute(batches)
}

// Hear learns what another process has learned of a push service.
func (p *Pool) Hear(event Event) { p.hosts.hear(event) }

// HasRoom tells whether little is left to begin.
func (p *Pool) HasRoom() bool { return p.hosts.hasRoom() }

// State is what this process knows of a push service now.
func (p *Pool) State(host string) State { return p.hosts.state(host) }

// NamesResolve tells whether the name of a push service that took a push lately
// still leads to an address: then one that does not was invented, or has gone.
func (p *Pool) NamesResolve(ctx context.Context) bool {
	return p.resolver.resolves(ctx, p.hosts.workingHost())
}

func (p *Pool) encrypt() {
	for a, ok := p.hosts.next(); ok; a, ok = p.hosts.next() {
		prepared := p.sender.Prepare(&a.job.Push)
		p.sending.Go(func() {
			a.job.Answer = a.send(prepared)
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
