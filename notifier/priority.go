package notifier

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// priority lets a process send its resolutions before everything else: while one is sent,
// other deliveries pause between two pages.
type priority struct {
	mu     sync.Mutex
	urgent int
	over   chan struct{} // closed when the last urgent delivery has ended
}

// enter begins an urgent delivery; leave ends it.
func (p *priority) enter() (leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.urgent++; p.urgent == 1 {
		p.over = make(chan struct{})
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.urgent--; p.urgent == 0 {
			close(p.over)
		}
	}
}

// yield waits until no urgent delivery is running. It counts as progress, so that the
// waiting worker is not wedged.
func (p *priority) yield(ctx context.Context, progress *atomic.Int64) error {
	for {
		p.mu.Lock()
		urgent, over := p.urgent, p.over
		p.mu.Unlock()
		if urgent == 0 {
			return nil
		}
		progress.Add(1)
		alive := time.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
			alive.Stop()
			return ctx.Err()
		case <-over:
			alive.Stop()
		case <-alive.C:
		}
	}
}
