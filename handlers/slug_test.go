package handlers_test

import (
	"net/http"
	"testing"
)

func TestWhatIsNoSlugIsNeverAskedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		for _, slug := range []string{"%00", "%ff", "Messages-Down", "a%27b"} {
			w.get("/outages/"+slug).wants(t, http.StatusNotFound)
			w.get("/apps/"+slug).wants(t, http.StatusNotFound)
			w.call(http.MethodPost, "/api/v1/outages/"+slug+"/updates", w.token, update).isProblem(t, http.StatusNotFound, "")
		}
		for _, change := range []map[string]any{
			{"apps": []string{"\x00"}}, {"states": map[string]string{"\x00": "up"}},
		} {
			change["kind"], change["alert"], change["headline"] = "update", "all", "News"
			w.call(http.MethodPost, updates, w.token, change).isProblem(t, http.StatusUnprocessableEntity, "there is no app")
		}
		w.wantsNothingPublished()
	})
}
