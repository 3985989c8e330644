package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"newsbell/models"
)

// maxBody is the maximum size of a request body, in bytes.
const maxBody = 16 << 10

// route describes one operation.
type route struct {
	method, path, id, summary string
	// status is the HTTP status of success. Default: 200.
	status int
	// scope is what the token of its caller must have, if it needs a token.
	scope models.Scope
	// who may call it without a token: "reader"; "former reader", which includes readers
	// whose subscription has expired; or everybody, if it is empty.
	who string
}

// handle registers an operation. do returns domain errors.
func handle[In, Out any](a *api, r route, do func(context.Context, *In) (*Out, error)) {
	operation := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary,
		DefaultStatus: r.status, MaxBodyBytes: maxBody,
		Errors: []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests},
	}
	if r.scope != "" {
		a.needToken(&operation, r.scope)
	} else {
		a.authenticate(&operation, r.who)
	}
	huma.Register(a.huma, operation, func(ctx context.Context, in *In) (*Out, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// body is the body of a request or a response.
type body[T any] struct{ Body T }

// nothing is an empty request or response.
type nothing struct{}
