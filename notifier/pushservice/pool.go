// Package pushservice decides which push is sent next, and tracks what a process knows
// about each push service: how many requests it accepts at once, whether it is down,
// whether it refuses our key or only old subscriptions. It knows nothing about alerts.
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

// shutdownGrace is how long pushes in flight may take when the process stops. A push that is
// not answered by then is sent again by another process, so it is longer than push services
// usually take; it is shorter than others wait for a silent process.
const shutdownGrace = 2 * time.Second

// giveWay is how long encryption pauses after each message while the process answers
// requests: a few times what a message takes. So it continues at a part of its speed,
// however busy the process is.
const giveWay = 150 * time.Microsecond

// Pool sends pushes. Encryption keeps a core busy, so there is one goroutine per core for
// it: more would only delay everything else, such as readers' requests. Sending waits for
// the network, so each push has its own goroutine. Its hosts decide which push is next.
type Pool struct {
	sender   webpush.Sender
	busy     func() bool
	hosts    *hosts
	resolver *resolver
	sending  sync.WaitGroup
}

// Options are the settings of a pool; zero fields except Sender get their defaults.
type Options struct {
	// Sender encrypts and sends.
	Sender webpush.Sender
	// InFlight is the maximum number of requests in flight, of which one push service gets
	// at most 7/8. Default: 2048.
	InFlight int
	// Busy reports whether this process has more urgent work, such as readers' requests.
	// Encryption then pauses after each message. Default: never.
	Busy func() bool
	// Silence is how long a push service may answer nothing while requests are in flight.
	// Then they are cancelled. Default: 5 s.
	Silence time.Duration
	// Now is the clock for pauses and limits. Default: [time.Now].
	Now func() time.Time
	// LookupHost resolves a name. Default: [net.Resolver.LookupHost] of [net.DefaultResolver].
	LookupHost func(ctx context.Context, host string) ([]string, error)
	Log        *slog.Logger
}

// Job is a push and, when it has been sent, its answer.
type Job struct {
	Push   webpush.Push
	Answer webpush.Answer
	// AcceptedLately says that a recent alert was accepted for the subscription.
	AcceptedLately bool
	// TriedBefore says that an earlier push to the subscription was refused or failed.
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

// Start starts the goroutines, which report events about hosts with tell. stop ends them;
// no page may be in progress.
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

// Send fills in the answers of all jobs. When ctx is done, no more pushes begin and those in
// flight get shutdownGrace; jobs that were not sent keep the zero answer.
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

// Hear applies an event of another process.
func (p *Pool) Hear(event Event) { p.hosts.receive(event) }

// HasRoom reports whether few pushes are queued.
func (p *Pool) HasRoom() bool { return p.hosts.hasRoom() }

// State returns what this process knows about a push service.
func (p *Pool) State(host string) State { return p.hosts.state(host) }

// NamesResolve reports whether the name of a push service that recently accepted a push
// resolves. If it does, a name that does not resolve is invented or gone.
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
		return webpush.Answer{} // cancelled by us; says nothing about the push service
	case a.batch.sending.Err() != nil:
		return webpush.Answer{Verdict: webpush.RetryLater, Reason: context.Cause(a.batch.sending).Error()}
	}
	return answer
}
