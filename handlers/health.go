package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"newsbell/models"
)

const (
	// readyWithin is how long this process has to show that it can do its work, and
	// checkWithin how long what it needs has to answer.
	readyWithin = 2 * time.Second
	checkWithin = 1900 * time.Millisecond
)

func (s *server) routeHealth(engine *gin.Engine) {
	s.routeHealthz(engine)
	engine.GET("/readyz", s.readyz)
	engine.HEAD("/readyz", s.readyz)
}

// routeHealthz tells that this process lives, whatever it waits for.
func (s *server) routeHealthz(engine *gin.Engine) {
	healthz := func(c *gin.Context) { c.String(http.StatusOK, "ok\n") }
	engine.GET("/healthz", healthz)
	engine.HEAD("/healthz", healthz)
}

// readyz tells whether this process can do its work now, and if not, why not in
// words that anybody may read.
func (s *server) readyz(c *gin.Context) {
	err := s.checkReadySoon(c.Request.Context())
	if err == nil {
		c.String(http.StatusOK, "ready\n")
		return
	}
	s.log.Warn("not ready", "error", err)
	detail := words(http.StatusServiceUnavailable)
	if notReady, ok := errors.AsType[*models.NotReady](err); ok {
		detail = "Not ready: " + notReady.Words + "."
	}
	writeProblem(c, http.StatusServiceUnavailable, detail)
}

// checkReadySoon checks within readyWithin, however long a database takes to
// notice that it is not waited for any more. Requests that come together share
// one check.
func (s *server) checkReadySoon(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	checked := s.readiness.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkWithin)
		defer cancel()
		return nil, s.checkReady(ctx)
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

// checkReady checks the database and all else. A panic is an error here: nobody
// recovers from those of other goroutines.
func (s *server) checkReady(ctx context.Context) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &panicked{cause}
		}
	}()
	if err := s.store.Ready(ctx); err != nil || s.ready == nil {
		return err
	}
	return s.ready(ctx)
}

type panicked struct{ cause any }

func (p *panicked) Error() string { return fmt.Sprint("panic: ", p.cause) }
