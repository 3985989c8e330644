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
	// readyWithin limits the whole readiness check, checkWithin each dependency's answer.
	readyWithin = 2 * time.Second
	checkWithin = 1900 * time.Millisecond
)

func routeHealth(engine *gin.Engine, r *readiness) {
	routeHealthz(engine)
	engine.GET("/readyz", r.answer)
	engine.HEAD("/readyz", r.answer)
}

// routeHealthz registers /healthz, which says that this process is alive.
func routeHealthz(engine *gin.Engine) {
	healthz := func(c *gin.Context) { c.String(http.StatusOK, "ok\n") }
	engine.GET("/healthz", healthz)
	engine.HEAD("/healthz", healthz)
}

// readiness checks whether this process can do its work now. Concurrent requests share
// one check.
type readiness struct {
	store *models.Store
	ready func(context.Context) error // nil: only the database is needed
	log   *slog.Logger
	group singleflight.Group
}

func newReadiness(store *models.Store, ready func(context.Context) error, log *slog.Logger) *readiness {
	return &readiness{store: store, ready: ready, log: log}
}

// answer says whether this process is ready and, if not, why, in words that are safe to
// publish.
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

// checkSoon runs check and returns within readyWithin, even if the database ignores its
// context for longer.
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
			panic(p.cause) // as if check had run in this goroutine
		}
		return result.Err
	case <-ctx.Done():
		return &models.NotReady{Words: "what it needs does not answer in time", Cause: ctx.Err()}
	}
}

// check checks the database and the other dependencies. It returns a panic as an error,
// because a panic in its own goroutine could not be recovered.
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
