package notifier

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	// refusalsInARow is when our pushes to a host look wrong as such.
	refusalsInARow = 50
	// refusedFor is how long such a host is left alone before one more try.
	refusedFor = time.Minute
	// hostRetryAfter bounds how long one 429 holds back a whole host.
	hostRetryAfter = time.Minute
)

// hostGuard leaves a push host alone that refuses everything or that asks for
// time. What it holds back is retried later: one bad VAPID key, or one bad
// release of ours, must not burn the whole audience.
type hostGuard struct {
	sender Sender
	log    *slog.Logger
	now    func() time.Time

	mu    sync.Mutex
	hosts map[string]*hostState
}

type hostState struct {
	refusals int
	closedTo time.Time
}

func newHostGuard(sender Sender, log *slog.Logger) *hostGuard {
	return &hostGuard{sender: sender, log: log, now: time.Now, hosts: map[string]*hostState{}}
}

// Send implements [Sender].
func (g *hostGuard) Send(ctx context.Context, p *Push) Answer {
	target, err := p.target()
	if err != nil {
		return refuse(err)
	}
	host := target.Host
	if wait := g.closedFor(host); wait > 0 {
		return Answer{Verdict: RetryLater, RetryAfter: wait, Reason: "the push host is left alone for now"}
	}
	answer := g.sender.Send(ctx, p)
	g.learn(host, answer)
	return answer
}

func (g *hostGuard) closedFor(host string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	state, ok := g.hosts[host]
	if !ok {
		return 0
	}
	return state.closedTo.Sub(g.now())
}

func (g *hostGuard) learn(host string, a Answer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	refused := a.Status != 0 && (a.Verdict == Rejected || a.Verdict == KeyMismatch)
	throttled := a.Status == http.StatusTooManyRequests && a.RetryAfter > 0
	if !refused && !throttled {
		if a.Verdict == Accepted || a.Verdict == Gone {
			delete(g.hosts, host)
		}
		return
	}
	state, ok := g.hosts[host]
	if !ok {
		state = &hostState{}
		g.hosts[host] = state
	}
	if throttled {
		state.closedTo = g.now().Add(min(a.RetryAfter, hostRetryAfter))
		return
	}
	if state.refusals++; state.refusals >= refusalsInARow && !g.now().Before(state.closedTo) {
		state.closedTo = g.now().Add(refusedFor)
		g.log.Error("ALARM: a push host refuses everything", "host", host,
			"in_a_row", state.refusals, "status", a.Status, "reason", a.Reason, "left_alone_for", refusedFor)
	}
}
