package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/singleflight"

	"newsbell/handlers/respond"
	"newsbell/models"
)

const (
	// readyWithin is how long this process has to show that it can do its work, and
	// checkWithin how long what it needs has to answer.
	readyWithin = 2 * time.Second
	checkWithin = 1900 * time.Millisecond
)

func routeHealth(engine *gin.Engine, r *readiness) {
	routeHealthz(engine)
	engine.GET("/readyz", r.answer)
	engine.HEAD("/readyz", r.answer)
}

// routeHealthz answers that this process is alive, whatever it waits for.
func routeHealthz(engine *gin.Engine) {
	healthz := func(c *gin.Context) { c.String(http.StatusOK, "ok\n") }
	engine.GET("/healthz", healthz)
	engine.HEAD("/healthz", healthz)
}

// readiness checks whether this process can do its work now. Requests that come
// together share one check.
type readiness struct {
	store *models.Store
	ready func(context.Context) error // nil: nothing else is needed
	log   *slog.Logger
	group singleflight.Group
}

func newReadiness(store *models.Store, ready func(context.Context) error, log *slog.Logger) *readiness {
	return &readiness{store: store, ready: ready, log: log}
}

// answer says whether this process is ready, and if not, why not in words that
// anybody may read.
func (r *readiness) answer(c *gin.Context) {
	err := r.checkSoon(c.Request.Context())
	if err == nil {
		c.String(http.StatusOK, "ready\n")
		return
	}
	r.log.Warn("not ready", "error", err)
	detail := respond.Message(http.StatusServiceUnavailable)
	if notReady, ok := errors.AsType[*models.NotReady](err); ok {
		detail = "Not ready: " + notReady.Words + "."
	}
	respond.Problem(c, http.StatusServiceUnavailable, detail)
}

// checkSoon checks within readyWithin, however long a database takes to notice
// that its answer is no longer wanted.
func (r *readiness) checkSoon(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	checked := r.group.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkWithin)
		defer cancel()
		return nil, r.check(ctx)
	})
	select {
	case result := <-checked:
		if p, ok := errors.AsType[*panicked](result.Err); ok {
			panic(p.cause) // as if it had been checked here
		}
		return result.Err
	case <-ctx.Done():
		return &models.NotReady{Words: "what it needs does not answer in time", Cause: ctx.Err()}
	}
}

// check checks the database and everything else. A panic is an error here,
// because nobody recovers from those of other goroutines.
func (r *readiness) check(ctx context.Context) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &panicked{cause}
		}
	}()
	if err := r.store.Ready(ctx); err != nil || r.ready == nil {
		return err
	}
	return r.ready(ctx)
}

type panicked struct{ cause any }

func (p *panicked) Error() string { return fmt.Sprint("panic: ", p.cause) }
