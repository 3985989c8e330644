package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/events"
	"slices"
	"strings"
	"testing"
)

func TestAProgramPublishesAndStops(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Call(http.MethodPost, "/api/v1/apps", w.Token, map[string]string{"slug": "whatsapp", "name": "WhatsApp"}).WantStatus(t, http.StatusCreated)
		w.Call(http.MethodPost, "/api/v1/apps", w.Token, map[string]string{"slug": "whatsapp", "name": "WhatsApp"}).WantProblem(t, http.StatusConflict, "already exists")
		w.Call(http.MethodPost, "/api/v1/outages", w.Token, map[string]any{"slug": "calls", "headline": "Calls fail", "apps": []string{"whatsapp"}}).WantStatus(t, http.StatusCreated)
		w.Call(http.MethodPost, "/api/v1/outages", w.Token, map[string]any{"slug": "calls2", "headline": "Calls fail", "apps": []string{"icq"}}).WantProblem(t, 422, "icq")

		var p handlerstest.Published
		w.Call(http.MethodPost, "/api/v1/outages/calls/updates", w.Token, map[string]any{
			"kind": "update", "alert": "key", "apps": []string{"messenger"}, "states": map[string]string{"whatsapp": "failing"},
			"headline": "Calls are failing", "body": "Everywhere.", "undo_seconds": 60,
		}).Decode(t, http.StatusCreated, &p)
		if p.Update.URL != w.Origin+"/outages/calls#update-1" || !slices.Equal(slices.Sorted(slices.Values(p.Update.Apps)), []string{"messenger", "whatsapp"}) || p.Update.States["whatsapp"] != "failing" {
			t.Errorf("update = %+v", p.Update)
		}
		if p.Alert == nil || p.Alert.State != "holding" {
			t.Fatalf("alert = %+v", p.Alert)
		}
		if want := []string{events.SubjectPublished + " "}; !slices.Equal(w.Bus.Published, want) {
			t.Errorf("published %q; want %q, because the update is hidden in its undo window", w.Bus.Published, want)
		}
		w.Call(http.MethodPost, "/api/v1/alerts/1/stop", w.Token, nil).Decode(t, http.StatusOK, &p.Alert)
		if p.Alert.State != "stopped" {
			t.Errorf("alert = %+v; want stopped", p.Alert)
		}
		w.Call(http.MethodPost, "/api/v1/alerts/1/stop", w.Token, nil).WantProblem(t, http.StatusConflict, "stopped already")

		w.Call(http.MethodPost, "/api/v1/outages/calls/updates", w.Token, map[string]any{"kind": "resolution", "alert": "none", "headline": "Back"}).
			Decode(t, http.StatusCreated, &p)
		if p.Alert != nil {
			t.Errorf("an update without alert has %+v", p.Alert)
		}
		if last, want := w.Bus.Published[len(w.Bus.Published)-1], events.SubjectUpdates+` {"outage":"calls","update_id":2,"position":2}`; last != want {
			t.Errorf("published %q; want %q", last, want)
		}
		w.Call(http.MethodPost, "/api/v1/outages/calls/updates", w.Token, map[string]any{"kind": "update", "alert": "none", "headline": "More"}).
			WantProblem(t, http.StatusConflict, "resolved")
		w.Call(http.MethodPost, "/api/v1/outages/calls/updates", w.Token, map[string]any{"kind": "correction", "alert": "none", "headline": "It was 9"}).
			WantStatus(t, http.StatusCreated)
	})
}

func TestPublishingSucceedsIfTheBusFails(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Bus.Fail = func() error { return errors.New("no server") }
		var p handlerstest.Published
		w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, handlerstest.UpdateBody).Decode(t, http.StatusCreated, &p)
		if p.Alert == nil {
			t.Error("no alert")
		}
	})
}

func TestARequestThatIsSentAgainPublishesNothingAndTheSameWordsNeedAConfirmation(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		publish := func(key string, again bool) handlerstest.Answer {
			body := fmt.Sprintf(`{"kind": "update", "alert": "all", "headline": "Messages fail", "again": %v}`, again)
			return w.Send(http.MethodPost, "/api/v1/outages/messages-down/updates", strings.NewReader(body),
				"Authorization", "Bearer "+w.Token, "Content-Type", "application/json", "Idempotency-Key", key)
		}
		var first, second struct{ Update, Alert struct{ ID int64 } }
		publish("one", false).Decode(t, http.StatusCreated, &first)
		announced := len(w.Bus.Published)
		publish("one", false).Decode(t, http.StatusCreated, &second)
		if first != second || first.Alert.ID == 0 {
			t.Errorf("the answers are %+v and %+v", first, second)
		}
		if got := len(w.Bus.Published); got != announced {
			t.Errorf("%d announcements more", got-announced)
		}
		refused := publish("two", false)
		if refused.WantStatus(t, http.StatusConflict); !strings.Contains(refused.Text, "set again to send them once more") {
			t.Errorf("the same words: %s", refused.Text)
		}
		publish("two", true).WantStatus(t, http.StatusCreated)
	})
}

func TestAProgramObeysThePolicy(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		none := 0
		if err := w.SetPolicy(t.Context(), models.Policy{AboveReaders: &none, KeyMoments: true}, "test"); err != nil {
			t.Fatal(err)
		}
		w.NewReader("outage/messages-down:all")
		w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, handlerstest.UpdateBody).
			WantProblem(t, http.StatusConflict, "an alert to more than 0 readers needs the approval of a second person")
		moment := map[string]any{"kind": "update", "alert": "key", "headline": "News"}
		w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, moment).WantProblem(t, http.StatusConflict, "a key moment needs the approval of a second person")
		w.WantNothingPublished()
		moment["alert"] = "none"
		w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, moment).WantStatus(t, http.StatusCreated)
	})
}
