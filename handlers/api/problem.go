package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"newsbell/handlers/respond"
	"newsbell/models/validation"
)

// problem converts a domain error to an error for huma. It logs internal errors.
func (a *api) problem(ctx context.Context, err error) error {
	status := respond.Status(err)
	switch status {
	case http.StatusUnprocessableEntity:
		invalid, _ := errors.AsType[*validation.Invalid](err)
		details := make([]error, len(invalid.Problems))
		for i, p := range invalid.Problems {
			details[i] = &huma.ErrorDetail{Location: "body." + p.Field, Message: p.Message}
		}
		return huma.NewError(status, respond.Message(status), details...)
	case http.StatusNotFound, http.StatusConflict, http.StatusGone:
		return huma.NewError(status, err.Error())
	case http.StatusServiceUnavailable:
		a.errors.LogFailure(ctx, "the database is unavailable", "error", err)
		return huma.ErrorWithHeaders(huma.NewError(status, respond.Message(status)), http.Header{"Retry-After": {respond.RetryAfter}})
	case http.StatusInternalServerError:
		a.errors.LogFailure(ctx, "request failed", "error", err)
	}
	return huma.NewError(status, respond.Message(status))
}

// abort answers with an error instead of running the operation.
func (a *api) abort(ctx huma.Context, status int, detail string) {
	if err := huma.WriteErr(a.huma, ctx, status, detail); err != nil && ctx.Context().Err() == nil {
		a.log.Warn("cannot write an error response", "error", err)
	}
}
