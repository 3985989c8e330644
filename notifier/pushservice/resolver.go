package pushservice

import (
	"context"
	"sync"
	"time"
)

const (
	// resolverAsked is how long an answer of the resolver is cached.
	resolverAsked  = 10 * time.Second
	resolverWithin = 2 * time.Second
)

// resolver distinguishes a name that does not exist from a resolver that does not work.
type resolver struct {
	lookup func(ctx context.Context, host string) ([]string, error)

	mu    sync.Mutex
	asked time.Time
	works bool
}

// resolves reports whether the name of a push service that accepts pushes resolves.
func (r *resolver) resolves(ctx context.Context, host string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if host == "" {
		return false
	}
	if now := time.Now(); now.Sub(r.asked) >= resolverAsked {
		ctx, cancel := context.WithTimeout(ctx, resolverWithin)
		defer cancel()
		addresses, err := r.lookup(ctx, host)
		r.asked, r.works = now, err == nil && len(addresses) > 0
	}
	return r.works
}
