package api_test

import (
	"net/http"
	"newsbell/handlers/handlerstest"
	"slices"
	"strings"
	"testing"
)

func TestEveryErrorOfTheAPIIsAProblem(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Get("/api/v1/nothing").WantProblem(t, http.StatusNotFound, "")
		w.Get("/api/v2/").WantProblem(t, http.StatusNotFound, "")
		w.Call(http.MethodPut, "/api/v1/vapid-key", "", nil).WantProblem(t, http.StatusMethodNotAllowed, "")
		w.Call(http.MethodGet, "/api/v1/alerts/x", w.Token, nil).WantProblem(t, http.StatusUnprocessableEntity, "")
		w.Call(http.MethodGet, "/api/v1/alerts/9", w.Token, nil).WantProblem(t, http.StatusNotFound, "")
		w.Send(http.MethodPost, "/api/v1/subscriptions", strings.NewReader("x"), "Content-Type", "text/plain").
			WantProblem(t, http.StatusUnsupportedMediaType, "")
	})
}

func TestAPanicOfTheAPIIsAProblemWithoutDetails(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Bus.Fail = func() error { panic("the bus left the road") }
		answer := w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, handlerstest.UpdateBody)
		answer.WantProblem(t, http.StatusInternalServerError, "")
		if strings.Contains(answer.Text, "road") {
			t.Errorf("the answer leaks %s", answer.Text)
		}
	})
}

func TestProblemsAreInAFixedOrder(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		secret := w.NewReader()
		quiet := map[string]any{"quiet_hours": map[string]any{"from": "24:00", "until": "noon"}}
		states := map[string]any{"kind": "update", "alert": "none", "headline": "News", "states": map[string]string{"a": "x", "b": "x", "c": "x"}}
		for range 20 {
			wantLocations(t, w.Call(http.MethodPatch, "/api/v1/subscription", secret, quiet), "body.quiet_hours.from", "body.quiet_hours.until")
			wantLocations(t, w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, states), "body.states.a", "body.states.b", "body.states.c")
		}
	})
}

// wantLocations compares the fields in a problem.
func wantLocations(t *testing.T, answer handlerstest.Answer, want ...string) {
	t.Helper()
	var problem struct{ Errors []struct{ Location string } }
	answer.Decode(t, http.StatusUnprocessableEntity, &problem)
	var got []string
	for _, e := range problem.Errors {
		got = append(got, e.Location)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("errors are about %q; want %q", got, want)
	}
}
