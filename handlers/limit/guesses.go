package limit

import (
	"log/slog"
	"net/http"

	"github.com/go-chi/httprate"
)

// GuessRetryAfter is the maximum time in seconds that an address must wait after too
// many wrong guesses.
const GuessRetryAfter = "60"

// Guesses limits and logs wrong secrets of one kind by address: a client's, or the email
// address that a password is for. After too many within a minute, an address must wait,
// even with the right secret. Nobody guesses 256 random bits; but attempts are logged, and
// cost the database nothing.
type Guesses struct {
	kind     string
	logsEach bool
	limit    int                   // per minute and address
	limiter  *httprate.RateLimiter // nil: no limit
	log      *slog.Logger
}

// GuessOptions say which secrets are guarded, and the limit.
type GuessOptions struct {
	// Kind names the secret in the log.
	Kind string
	// LogEach logs every wrong secret, not only that an address must wait.
	LogEach bool
	// PerMinute is the number of wrong secrets that an address may send; 0: no limit.
	PerMinute int
	Log       *slog.Logger
}

// NewGuesses returns a Guesses with all counts at zero.
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
		g.log.Warn("wrong secret", "kind", g.kind, "address", address)
	}
	if g.limiter == nil {
		return
	}
	g.limiter.OnLimit(w, r, address)
	if g.Exhausted(address) {
		g.log.Warn("too many wrong secrets: this address must wait", "kind", g.kind, "address", address)
	}
}
