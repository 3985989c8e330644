package handlers

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
)

// maxBody is the largest body that the API reads.
const maxBody = 16 << 10

// api is /api/v1 while its routes are being made.
type api struct {
	huma.API
	*server
}

func (s *server) routeAPI(engine *gin.Engine) {
	config := huma.DefaultConfig("Newsbell", "1")
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/openapi", "", ""
	config.CreateHooks = nil // no $schema in answers
	config.Servers = []*huma.Server{{URL: s.site.BaseURL + "/api/v1"}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"reader": {Type: "http", Scheme: "bearer", Description: "The secret of POST /subscriptions"},
		"editor": {Type: "http", Scheme: "bearer", Description: "A token of newsbell token create"},
	}
	a := &api{humagin.NewWithGroup(engine, engine.Group("/api/v1"), config), s}
	a.routeSubscriptions()
	a.routeSubscriptionData()
	a.routeSentAlerts()
	a.routeReceipts()
	a.routeFollows()
	a.routeNotices()
	a.routeApps()
	a.routeOutages()
	a.routeUpdates()
	a.routeAlerts()
}

// route describes one operation.
type route struct {
	method, path, id, summary string
	// status is that of success. Default: 200.
	status int
	// who may call it: everybody, "reader", "former reader", which is also one whose
	// subscription has expired, or "editor".
	who string
}

// handle registers an operation whose errors are the domain's.
func handle[In, Out any](a *api, r route, do func(context.Context, *In) (*Out, error)) {
	operation := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary,
		DefaultStatus: r.status, MaxBodyBytes: maxBody,
		Errors: []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests},
	}
	switch r.who {
	case "reader", "former reader":
		operation.Middlewares = huma.Middlewares{a.bound(a.secretGuesses), a.needReader}
		operation.Security = []map[string][]string{{"reader": {}}}
		operation.Errors = append(operation.Errors, http.StatusGone)
		if r.who == "former reader" {
			operation.Middlewares = huma.Middlewares{a.bound(a.secretGuesses), a.forgetExpired, a.needReader}
		}
	case "editor":
		operation.Middlewares = huma.Middlewares{a.bound(a.tokenGuesses), a.needEditor}
		operation.Security = []map[string][]string{{"editor": {}}}
	}
	huma.Register(a.API, operation, func(ctx context.Context, in *In) (*Out, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// body wraps what is sent or answered.
type body[T any] struct{ Body T }

// nothing is no input, or no answer.
type nothing struct{}
