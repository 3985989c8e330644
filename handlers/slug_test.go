package handlers_test

import (
	"net/http"
	"newsbell/handlers/handlerstest"
	"testing"
)

func TestAnInvalidSlugIsNotLookedUp(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		for _, slug := range []string{"%00", "%ff", "Messages-Down", "a%27b"} {
			w.Get("/outages/"+slug).WantStatus(t, http.StatusNotFound)
			w.Get("/apps/"+slug).WantStatus(t, http.StatusNotFound)
			w.Call(http.MethodPost, "/api/v1/outages/"+slug+"/updates", w.Token, handlerstest.UpdateBody).WantProblem(t, http.StatusNotFound, "")
		}
		for _, change := range []map[string]any{
			{"apps": []string{"\x00"}}, {"states": map[string]string{"\x00": "up"}},
		} {
			change["kind"], change["alert"], change["headline"] = "update", "all", "News"
			w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, change).WantProblem(t, http.StatusUnprocessableEntity, "there is no app")
		}
		w.WantNothingPublished()
	})
}
