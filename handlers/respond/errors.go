package respond

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"newsbell/static"
)

// Errors answers requests that fail, and logs internal errors.
type Errors struct {
	pages *static.Pages
	log   *slog.Logger
}

// NewErrors returns an Errors that writes error pages with the site's layout.
func NewErrors(pages *static.Pages, log *slog.Logger) *Errors { return &Errors{pages, log} }

// Fail answers with an error's status. It logs internal errors.
func (e *Errors) Fail(c *gin.Context, err error) {
	status := Status(err)
	switch status {
	case http.StatusServiceUnavailable:
		e.LogFailure(c.Request.Context(), "the database is unavailable", "route", c.FullPath(), "error", err)
		c.Header("Retry-After", RetryAfter)
	case http.StatusInternalServerError:
		e.LogFailure(c.Request.Context(), "request failed", "route", c.FullPath(), "error", err)
	}
	e.Abort(c, status)
}

// Abort answers with a status and ends the request.
func (e *Errors) Abort(c *gin.Context, status int) {
	c.Abort()
	if IsForPrograms(c.Request) {
		Problem(c, status, Message(status))
		return
	}
	e.Page(c.Writer, status)
}

// Forbid answers with 403 and words that say why, and ends the request.
func (e *Errors) Forbid(c *gin.Context, why string) { e.Refuse(c, http.StatusForbidden, why) }

// Refuse answers with the error page of a status, which says why.
func (e *Errors) Refuse(c *gin.Context, status int, why string) {
	c.Abort()
	e.page(c.Writer, status, why)
}

// Page writes the error page of a status.
func (e *Errors) Page(w http.ResponseWriter, status int) { e.page(w, status, Message(status)) }

func (e *Errors) page(w http.ResponseWriter, status int, message string) {
	page := static.ErrorPage{Status: status, Title: http.StatusText(status), Message: message}
	if err := e.pages.Error(w, page); err != nil {
		e.log.Error("cannot write an error page", "error", err)
	}
}

// LogFailure logs an internal error. If the client has disconnected, that is why the
// request failed, and the line is logged at the debug level.
func (e *Errors) LogFailure(ctx context.Context, message string, args ...any) {
	level := slog.LevelError
	if errors.Is(ctx.Err(), context.Canceled) {
		level = slog.LevelDebug
	}
	e.log.Log(ctx, level, message, args...)
}

// Problem answers with an application/problem+json (RFC 9457).
func Problem(c *gin.Context, status int, detail string) {
	c.Header("Content-Type", "application/problem+json")
	c.JSON(status, &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail})
}
