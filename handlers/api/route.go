package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// maxBody is the largest body that is read, in bytes.
const maxBody = 16 << 10

// route describes one operation.
type route struct {
	method, path, id, summary string
	// status is that of success. Default: 200.
	status int
	// who may call it: everybody, "reader", "former reader", which is also one whose
	// subscription has expired, or "editor".
	who string
}

// handle registers an operation, whose errors are the domain's.
func handle[In, Out any](a *api, r route, do func(context.Context, *In) (*Out, error)) {
	operation := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary,
		DefaultStatus: r.status, MaxBodyBytes: maxBody,
		Errors: []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests},
	}
	a.authenticate(&operation, r.who)
	huma.Register(a.huma, operation, func(ctx context.Context, in *In) (*Out, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// body wraps what is received or answered.
type body[T any] struct{ Body T }

// nothing is no input, or no answer.
type nothing struct{}
