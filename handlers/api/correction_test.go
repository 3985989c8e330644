package api_test

import (
	"net/http"
	"newsbell/handlers/handlerstest"
	"testing"
)

func TestACorrectionOfAMissingUpdateIsInvalid(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		for name, body := range map[string]map[string]any{
			"nothing there":    {"kind": "correction", "corrects": 7},
			"an update of one": {"kind": "update", "corrects": 1},
			"not a number":     {"kind": "correction", "corrects": "the first"},
		} {
			t.Run(name, func(t *testing.T) {
				body["alert"], body["headline"] = "none", "News"
				w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, body).WantProblem(t, http.StatusUnprocessableEntity, "body.corrects")
			})
		}
		w.WantNothingPublished()
	})
}
