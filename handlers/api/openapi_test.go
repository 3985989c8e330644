package api_test

import (
	"net/http"
	"newsbell/handlers/handlerstest"
	"strings"
	"testing"
)

func TestTheAPIDescribesItself(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		var description struct {
			OpenAPI string
			Paths   map[string]map[string]struct{ Security []map[string][]string }
		}
		w.Get("/api/v1/openapi.json").Decode(t, http.StatusOK, &description)
		if !strings.HasPrefix(description.OpenAPI, "3.1") {
			t.Errorf("OpenAPI %q; want 3.1", description.OpenAPI)
		}
		for path, method := range map[string]string{
			"/vapid-key": "get", "/subscriptions": "post", "/subscription": "patch",
			"/subscription/alerts": "get", "/subscription/data": "get", "/receipts": "post",
			"/subscription/follows/{kind}/{slug}": "put", "/apps": "post", "/outages": "post",
			"/outages/{slug}/updates": "post", "/alerts/{id}": "get", "/alerts/{id}/stop": "post",
		} {
			if _, ok := description.Paths[path][method]; !ok {
				t.Errorf("OpenAPI does not describe %s %s", method, path)
			}
		}
		for path, operations := range description.Paths {
			for method, operation := range operations {
				if operation.Security == nil {
					t.Errorf("%s %s does not say who may call it", method, path)
				}
			}
		}
	})
}
