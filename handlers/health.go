package handlers

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
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

// readyz tells whether this process can take traffic.
func (s *server) readyz(c *gin.Context) {
	ctx := c.Request.Context()
	err := s.store.Ping(ctx)
	if err == nil {
		var migrated bool
		if migrated, err = s.store.Migrated(ctx); err == nil && !migrated {
			err = errors.New("the schema is not up to date")
		}
	}
	if err == nil && s.ready != nil {
		err = s.ready(ctx)
	}
	if err != nil {
		s.log.Warn("not ready", "error", err)
		writeProblem(c, http.StatusServiceUnavailable, words(http.StatusServiceUnavailable))
		return
	}
	c.String(http.StatusOK, "ready\n")
}
