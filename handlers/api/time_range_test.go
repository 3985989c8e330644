package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"newsbell/handlers/handlerstest"
)

func TestATimeOutsideOfItsRangeIsInvalid(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		secret := w.NewReader("outage/messages-down:all")
		for i, began := range []string{
			"0000-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-12:00", "2021-11-03T18:06:00Z",
		} {
			body := map[string]any{"slug": fmt.Sprintf("outage-%d", i), "headline": "News", "apps": []string{"messenger"}, "began_at": began}
			w.Call(http.MethodPost, "/api/v1/outages", w.Token, body).WantProblem(t, 422, "began_at")
		}
		for _, until := range []string{
			"0000-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "9999-12-31T00:00:01Z", "2040-01-01T00:00:00Z",
		} {
			w.Call(http.MethodPatch, "/api/v1/subscription", secret, map[string]any{"paused_until": until}).WantProblem(t, 422, "paused_until")
		}
		wantPagesAndReader(t, w, secret)
	})
}

func TestATimeAtTheEndOfItsRangeIsAccepted(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		secret := w.NewReader("outage/messages-down:all")
		for i, began := range []string{"2000-01-01T00:00:00Z", "1999-12-31T23:00:00-01:00", "2021-11-03T18:05:00Z"} {
			body := map[string]any{"slug": fmt.Sprintf("outage-%d", i), "headline": "News", "apps": []string{"messenger"}, "began_at": began}
			w.Call(http.MethodPost, "/api/v1/outages", w.Token, body).WantStatus(t, http.StatusCreated)
		}
		for _, until := range []string{"1970-01-01T00:00:00Z", "2031-11-01T00:00:00Z", "9999-12-31T00:00:00Z"} {
			w.Call(http.MethodPatch, "/api/v1/subscription", secret, map[string]any{"paused_until": until}).WantStatus(t, http.StatusOK)
		}
		wantPagesAndReader(t, w, secret)
	})
}

// wantPagesAndReader checks every page and API response that contains times.
func wantPagesAndReader(t *testing.T, w *handlerstest.Web, secret string) {
	t.Helper()
	for _, path := range []string{"/", "/search?q=messages", "/apps/messenger", "/outages/messages-down"} {
		w.Get(path).WantStatus(t, http.StatusOK)
	}
	w.Call(http.MethodGet, "/api/v1/subscription", secret, nil).WantStatus(t, http.StatusOK)
	w.Call(http.MethodGet, "/api/v1/subscription/data", secret, nil).WantStatus(t, http.StatusOK)
}
