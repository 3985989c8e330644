package handlers_test

import (
	"net/http"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestAResolvedOutageCannotBeFollowedAndSaysWhenItsFollowsEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		early := w.subscribe("outage/messages-down:key")
		w.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertNone})
		type ending struct {
			Level, State string
			EndsAt       *time.Time `json:"ends_at"`
		}
		ends := func(name string, f ending, level string) {
			t.Helper()
			if f.Level != level || f.State != "resolved" || f.EndsAt == nil || !f.EndsAt.Equal(modelstest.Start.Add(24*time.Hour)) {
				t.Errorf("%s: %+v; want it at %s, to end a day later", name, f, level)
			}
		}
		var sub struct{ Follows []ending }
		w.call(http.MethodGet, "/api/v1/subscription", early, nil).decode(t, http.StatusOK, &sub)
		ends("who followed it", sub.Follows[0], "key")

		const path, words = "/api/v1/subscription/follows/outage/messages-down", "the outage is resolved; follow one of its apps"
		late := w.subscribe("app/messenger:all")
		w.call(http.MethodPut, path, late, map[string]string{"level": "all"}).isProblem(t, http.StatusUnprocessableEntity, words)
		body := w.subscription("app/messenger:all", "outage/messages-down:resolution")
		refused := w.call(http.MethodPost, "/api/v1/subscriptions", "", body)
		refused.isProblem(t, http.StatusUnprocessableEntity, words)
		refused.isProblem(t, http.StatusUnprocessableEntity, "follows[1].topic")
		for _, level := range []string{"muted", "hushed"} {
			var made ending
			w.call(http.MethodPut, path, late, map[string]string{"level": level}).decode(t, http.StatusOK, &made)
			ends("who silences it", made, level)
		}
	})
}
