package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"newsbell/handlers/respond"
	"newsbell/models/validation"
)

// problem turns a domain error into the one that huma answers, and logs it if
// the fault is ours.
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

// refuse answers instead of the operation.
func (a *api) refuse(ctx huma.Context, status int, detail string) {
	if err := huma.WriteErr(a.huma, ctx, status, detail); err != nil && ctx.Context().Err() == nil {
		a.log.Warn("no answer to a request that was refused", "error", err)
	}
}
