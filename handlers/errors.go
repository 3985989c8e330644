package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

// statusOf is the one place that maps the domain's errors to HTTP.
func statusOf(err error) int {
	_, isInvalid := errors.AsType[*models.Invalid](err)
	switch {
	case isInvalid:
		return http.StatusUnprocessableEntity
	case errors.Is(err, models.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, models.ErrConflict):
		return http.StatusConflict
	case errors.Is(err, models.ErrUnauthorized):
		return http.StatusUnauthorized
	case errors.Is(err, models.ErrExpired):
		return http.StatusGone
	case models.IsUnavailable(err):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// words are what people are told; details of our own faults stay in the log.
func words(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "What was sent cannot be read."
	case http.StatusForbidden:
		return "This was sent from another site, or by a browser that does not say from which, and has been refused."
	case http.StatusRequestEntityTooLarge:
		return "What was sent is too long."
	case http.StatusNotFound:
		return "There is nothing at this address."
	case http.StatusGone:
		return "What was here has been deleted."
	case http.StatusMethodNotAllowed:
		return "This cannot be done here."
	case http.StatusUnauthorized:
		return "The token or secret is missing or wrong."
	case http.StatusUnprocessableEntity:
		return "Some of what was sent cannot be used."
	case http.StatusTooManyRequests:
		return "Too many requests of this kind came from this address. Please wait a minute."
	case http.StatusServiceUnavailable:
		return "Not ready yet. Please try again in a moment."
	case http.StatusGatewayTimeout:
		return "This took too long. Please try again, or with other words."
	}
	return "Something went wrong on our side. Please try again."
}

// problem is an error of the API as huma sends it.
func (s *server) problem(ctx context.Context, err error) error {
	status := statusOf(err)
	switch status {
	case http.StatusUnprocessableEntity:
		invalid, _ := errors.AsType[*models.Invalid](err)
		details := make([]error, len(invalid.Problems))
		for i, p := range invalid.Problems {
			details[i] = &huma.ErrorDetail{Location: "body." + p.Field, Message: p.Message}
		}
		return huma.NewError(status, words(status), details...)
	case http.StatusNotFound, http.StatusConflict, http.StatusGone:
		return huma.NewError(status, err.Error())
	case http.StatusServiceUnavailable:
		s.logFailure(ctx, "the database is unavailable", "error", err)
		return huma.ErrorWithHeaders(huma.NewError(status, words(status)), http.Header{"Retry-After": {comeBackAfter}})
	case http.StatusInternalServerError:
		s.logFailure(ctx, "request failed", "error", err)
	}
	return huma.NewError(status, words(status))
}

// logFailure logs a fault of ours. Where nobody waits for the answer any more,
// the leaving is what failed it.
func (s *server) logFailure(ctx context.Context, message string, args ...any) {
	level := slog.LevelError
	if errors.Is(ctx.Err(), context.Canceled) {
		level = slog.LevelDebug
	}
	s.log.Log(ctx, level, message, args...)
}

// fail answers outside of huma: a page for people, a problem for programs.
func (s *server) fail(c *gin.Context, err error) {
	status := statusOf(err)
	switch status {
	case http.StatusServiceUnavailable:
		s.logFailure(c.Request.Context(), "the database is unavailable", "route", c.FullPath(), "error", err)
		c.Header("Retry-After", comeBackAfter)
	case http.StatusInternalServerError:
		s.logFailure(c.Request.Context(), "request failed", "route", c.FullPath(), "error", err)
	}
	s.failWith(c, status)
}

func (s *server) failWith(c *gin.Context, status int) {
	c.Abort()
	if isForPrograms(c.Request) {
		writeProblem(c, status, words(status))
		return
	}
	s.errorPage(c.Writer, status)
}

func (s *server) errorPage(w http.ResponseWriter, status int) {
	page := static.ErrorPage{Status: status, Title: http.StatusText(status), Message: words(status)}
	if err := s.pages.Error(w, page); err != nil {
		s.log.Error("no page for an error", "error", err)
	}
}

func writeProblem(c *gin.Context, status int, detail string) {
	c.Header("Content-Type", "application/problem+json")
	c.JSON(status, &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail})
}

func (s *server) recover(c *gin.Context, cause any) {
	s.log.Error("panic", "route", c.FullPath(), "cause", cause, "stack", string(debug.Stack()))
	s.failWith(c, http.StatusInternalServerError)
}
