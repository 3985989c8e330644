package handlers

import (
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/go-chi/httprate"
)

// guesses bounds and logs how often an address is wrong about a kind of secret.
// An address that was wrong too often within a minute must wait, also with the
// right one. Nobody guesses 256 random bits; but trying is seen, and costs the
// database nothing.
type guesses struct {
	// of is what is guessed. Each wrong one is logged if logsEach.
	of       string
	logsEach bool
	limit    int                   // a minute, from one address
	limiter  *httprate.RateLimiter // nil: any number
	log      *slog.Logger
}

// newGuesses allows an address this many a minute; 0: any number.
func newGuesses(of string, logsEach bool, limit int, log *slog.Logger) *guesses {
	g := &guesses{of: of, logsEach: logsEach, limit: limit, log: log}
	if limit > 0 {
		g.limiter = newLimiter(limit)
	}
	return g
}

// spent tells whether an address must wait.
func (g *guesses) spent(address string) bool {
	if g.limiter == nil {
		return false
	}
	_, rate, err := g.limiter.Status(address)
	return err == nil && rate >= float64(g.limit)
}

// wrong counts and logs a guess.
func (g *guesses) wrong(w http.ResponseWriter, r *http.Request, address string) {
	if g.logsEach {
		g.log.Warn("a wrong secret", "of", g.of, "address", address)
	}
	if g.limiter == nil {
		return
	}
	g.limiter.OnLimit(w, r, address)
	if g.spent(address) {
		g.log.Warn("too many wrong secrets: this address must wait", "of", g.of, "address", address)
	}
}

// retryAfterGuesses is how long an address waits at most, in seconds.
const retryAfterGuesses = "60"

// bound refuses an address that was wrong too often, and counts requests that
// bear a wrong secret.
func (a *api) bound(g *guesses) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := humagin.Unwrap(ctx)
		address := a.countedAs(c.Request)
		if g.spent(address) {
			a.warnOfProxy(c.Request)
			ctx.SetHeader("Retry-After", retryAfterGuesses)
			a.refuse(ctx, http.StatusTooManyRequests, words(http.StatusTooManyRequests))
			return
		}
		next(ctx)
		if ctx.Status() == http.StatusUnauthorized && bearer(ctx) != "" {
			g.wrong(c.Writer, c.Request, address)
		}
	}
}
