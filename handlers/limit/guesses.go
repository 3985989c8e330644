package limit

import (
	"log/slog"
	"net/http"

	"github.com/go-chi/httprate"
)

// GuessRetryAfter is how long an address that guessed too often waits at most, in
// seconds.
const GuessRetryAfter = "60"

// Guesses bounds and logs how often an address sends a wrong secret of one kind.
// An address that did so too often within a minute must wait, even with the
// right one. Nobody guesses 256 random bits; but attempts are seen, and cost the
// database nothing.
type Guesses struct {
	kind     string
	logsEach bool
	limit    int                   // a minute, from one address
	limiter  *httprate.RateLimiter // nil: any number
	log      *slog.Logger
}

// GuessOptions say which secrets are guessed and how often.
type GuessOptions struct {
	// Kind names the secret in the log.
	Kind string
	// LogEach logs every wrong one, not only that an address must wait.
	LogEach bool
	// PerMinute is how many wrong ones an address may send; 0: any number.
	PerMinute int
	Log       *slog.Logger
}

// NewGuesses returns a Guesses that has counted none.
func NewGuesses(o GuessOptions) *Guesses {
	g := &Guesses{kind: o.Kind, logsEach: o.LogEach, limit: o.PerMinute, log: o.Log}
	if o.PerMinute > 0 {
		g.limiter = PerMinute(o.PerMinute)
	}
	return g
}

// Exhausted reports whether an address must wait.
func (g *Guesses) Exhausted(address string) bool {
	if g.limiter == nil {
		return false
	}
	_, rate, err := g.limiter.Status(address)
	return err == nil && rate >= float64(g.limit)
}

// CountWrong counts and logs a wrong secret.
func (g *Guesses) CountWrong(w http.ResponseWriter, r *http.Request, address string) {
	if g.logsEach {
		g.log.Warn("a wrong secret", "of", g.kind, "address", address)
	}
	if g.limiter == nil {
		return
	}
	g.limiter.OnLimit(w, r, address)
	if g.Exhausted(address) {
		g.log.Warn("too many wrong secrets: this address must wait", "of", g.kind, "address", address)
	}
}
