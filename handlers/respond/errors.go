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

// Errors answers requests that fail, and logs the faults that are ours.
type Errors struct {
	pages *static.Pages
	log   *slog.Logger
}

// NewErrors returns an Errors that writes its pages with those of the site.
func NewErrors(pages *static.Pages, log *slog.Logger) *Errors { return &Errors{pages, log} }

// Fail answers an error and logs it if the fault is ours.
func (e *Errors) Fail(c *gin.Context, err error) {
	status := Status(err)
	switch status {
	case http.StatusServiceUnavailable:
		e.LogFailure(c.Request.Context(), "the database is unavailable", "route", c.FullPath(), "error", err)
		c.Header("Retry-After", RetryAfter)
	case http.StatusInternalServerError:
		e.LogFailure(c.Request.Context(), "request failed", "route", c.FullPath(), "error", err)
	}
	e.Refuse(c, status)
}

// Refuse answers a status and ends the request.
func (e *Errors) Refuse(c *gin.Context, status int) {
	c.Abort()
	if IsForPrograms(c.Request) {
		Problem(c, status, Message(status))
		return
	}
	e.Page(c.Writer, status)
}

// Page writes the page of a status.
func (e *Errors) Page(w http.ResponseWriter, status int) {
	page := static.ErrorPage{Status: status, Title: http.StatusText(status), Message: Message(status)}
	if err := e.pages.Error(w, page); err != nil {
		e.log.Error("error page not written", "error", err)
	}
}

// LogFailure logs a fault of ours. If the client has left, leaving is what made
// the request fail, and the line is for debugging alone.
func (e *Errors) LogFailure(ctx context.Context, message string, args ...any) {
	level := slog.LevelError
	if errors.Is(ctx.Err(), context.Canceled) {
		level = slog.LevelDebug
	}
	e.log.Log(ctx, level, message, args...)
}

// Problem answers a program with a problem (RFC 9457).
func Problem(c *gin.Context, status int, detail string) {
	c.Header("Content-Type", "application/problem+json")
	c.JSON(status, &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail})
}
