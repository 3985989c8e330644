package handlers

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"newsbell/models"
)

type contextKey int

const (
	readerKey contextKey = iota
	editorKey
)

// needReader lets only the holder of a subscription's secret through, before
// anything of the body is read.
func (a *api) needReader(ctx huma.Context, next func(huma.Context)) {
	sub, err := a.store.SubscriptionBySecret(ctx.Context(), bearer(ctx))
	a.admit(ctx, next, readerKey, sub, err)
}

// forgetExpired answers who is not a reader any more, since the address was gone
// for too long; there is little left to forget.
func (a *api) forgetExpired(ctx huma.Context, next func(huma.Context)) {
	found, err := a.store.ForgetExpired(ctx.Context(), bearer(ctx))
	if err == nil && found {
		ctx.SetStatus(http.StatusNoContent)
		return
	}
	if err != nil {
		a.logFailure(ctx.Context(), "what is left of an expired subscription was not deleted", "error", err)
	}
	next(ctx)
}

// needEditor lets only the holder of a token through.
func (a *api) needEditor(ctx huma.Context, next func(huma.Context)) {
	token, err := a.store.Authenticate(ctx.Context(), bearer(ctx))
	a.admit(ctx, next, editorKey, token, err)
}

func (a *api) admit(ctx huma.Context, next func(huma.Context), key contextKey, who any, err error) {
	if err == nil {
		next(huma.WithValue(ctx, key, who))
		return
	}
	status := statusOf(err)
	switch status {
	case http.StatusUnauthorized:
		ctx.SetHeader("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		ctx.SetHeader("Retry-After", comeBackAfter)
	}
	a.refuse(ctx, status, a.problem(ctx.Context(), err).Error())
}

// refuse answers instead of the operation.
func (a *api) refuse(ctx huma.Context, status int, detail string) {
	if err := huma.WriteErr(a.API, ctx, status, detail); err != nil && ctx.Context().Err() == nil {
		a.log.Warn("no answer to a request that was refused", "error", err)
	}
}

// readerOf returns the reader that needReader let through.
func readerOf(ctx context.Context) models.Subscription {
	return ctx.Value(readerKey).(models.Subscription)
}

// editorOf returns the editor that needEditor let through, as the audit log names them.
func editorOf(ctx context.Context) string { return ctx.Value(editorKey).(models.Token).Actor() }

func bearer(ctx huma.Context) string {
	scheme, secret, _ := strings.Cut(ctx.Header("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return secret
}
