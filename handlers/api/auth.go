package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"newsbell/handlers/limit"
	"newsbell/handlers/respond"
	"newsbell/models"
)

type contextKey int

const (
	readerKey contextKey = iota
	tokenKey
)

// anonymous is the security requirement of an operation that everybody may call.
var anonymous = []map[string][]string{{}}

// needToken adds the middleware that admits only holders of a token with a scope.
func (a *api) needToken(operation *huma.Operation, scope models.Scope) {
	operation.Middlewares = huma.Middlewares{a.limitGuesses(a.editorGuesses), a.admitToken(scope)}
	operation.Security = []map[string][]string{{"token": {}}}
	operation.Description = "Needs a token with the scope `" + string(scope) + "`."
	operation.Errors = append(operation.Errors, http.StatusForbidden)
}

// authenticate adds the middleware that admits only the allowed callers of an operation
// that needs no token.
func (a *api) authenticate(operation *huma.Operation, who string) {
	switch who {
	case "reader":
		operation.Middlewares = huma.Middlewares{a.limitGuesses(a.readerGuesses), a.needReader}
	case "former reader":
		operation.Middlewares = huma.Middlewares{a.limitGuesses(a.readerGuesses), a.forgetExpired, a.needReader}
	default:
		operation.Security = anonymous
		return
	}
	operation.Security = []map[string][]string{{"reader": {}}}
	operation.Errors = append(operation.Errors, http.StatusGone)
}

// limitGuesses answers 429 to an address with too many wrong guesses, and counts
// requests with a wrong secret.
func (a *api) limitGuesses(g *limit.Guesses) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := humagin.Unwrap(ctx)
		address := a.clients.Key(c.Request)
		if g.Exhausted(address) {
			a.clients.WarnOfSharedLimit(c.Request)
			ctx.SetHeader("Retry-After", limit.GuessRetryAfter)
			a.abort(ctx, http.StatusTooManyRequests, respond.Message(http.StatusTooManyRequests))
			return
		}
		next(ctx)
		if ctx.Status() == http.StatusUnauthorized && bearer(ctx) != "" {
			g.CountWrong(c.Writer, c.Request, address)
		}
	}
}

// needReader admits only the holder of a subscription's secret. It runs before the body
// is read.
func (a *api) needReader(ctx huma.Context, next func(huma.Context)) {
	sub, err := a.store.SubscriptionBySecret(ctx.Context(), bearer(ctx))
	a.admit(ctx, next, readerKey, sub, err)
}

// forgetExpired handles "forget me" for a reader whose subscription has expired because
// its endpoint was gone for too long: only the hash of the secret is left.
func (a *api) forgetExpired(ctx huma.Context, next func(huma.Context)) {
	found, err := a.store.ForgetExpired(ctx.Context(), bearer(ctx))
	if err == nil && found {
		ctx.SetStatus(http.StatusNoContent)
		return
	}
	if err != nil {
		a.errors.LogFailure(ctx.Context(), "what is left of an expired subscription was not deleted", "error", err)
	}
	next(ctx)
}

// admitToken admits only the holder of a token with a scope.
func (a *api) admitToken(scope models.Scope) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		token, err := a.store.Authenticate(ctx.Context(), bearer(ctx))
		if err == nil && !token.Has(scope) {
			a.abort(ctx, http.StatusForbidden, fmt.Sprintf("The token does not have the scope %q.", scope))
			return
		}
		if err == nil {
			a.recordUse(ctx.Context(), token)
		}
		a.admit(ctx, next, tokenKey, token, err)
	}
}

func (a *api) admit(ctx huma.Context, next func(huma.Context), key contextKey, who any, err error) {
	if err == nil {
		next(huma.WithValue(ctx, key, who))
		return
	}
	status := respond.Status(err)
	switch status {
	case http.StatusUnauthorized:
		ctx.SetHeader("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		ctx.SetHeader("Retry-After", respond.RetryAfter)
	}
	a.abort(ctx, status, a.problem(ctx.Context(), err).Error())
}

// readerOf returns the reader that needReader admitted.
func readerOf(ctx context.Context) models.Subscription {
	return ctx.Value(readerKey).(models.Subscription)
}

// recordUse records a token's last use, which is no reason to refuse a request.
func (a *api) recordUse(ctx context.Context, token models.Token) {
	if err := a.store.UseToken(ctx, token); err != nil {
		a.errors.LogFailure(ctx, "a token's last use was not recorded", "error", err)
	}
}

// actorOf returns the name, in the audit log, of the token that admitToken admitted.
func actorOf(ctx context.Context) string { return ctx.Value(tokenKey).(models.Token).Actor() }

func bearer(ctx huma.Context) string {
	scheme, secret, _ := strings.Cut(ctx.Header("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return secret
}
