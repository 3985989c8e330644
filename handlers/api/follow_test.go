package api_test

import (
	"net/http"
	"testing"
	"time"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestAResolvedOutageCannotBeFollowedAndSaysWhenItsFollowsEnd(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		early := w.NewReader("outage/messages-down:key")
		w.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertNone})
		type ending struct {
			Level, Muted, State string
			EndsAt              *time.Time `json:"ends_at"`
		}
		ends := func(name string, f ending, level string) {
			t.Helper()
			if f.Level != level || f.State != "resolved" || f.EndsAt == nil || !f.EndsAt.Equal(modelstest.Start.Add(24*time.Hour)) {
				t.Errorf("%s: %+v; want it at %s, to end a day later", name, f, level)
			}
		}
		var sub struct{ Follows []ending }
		w.Call(http.MethodGet, "/api/v1/subscription", early, nil).Decode(t, http.StatusOK, &sub)
		ends("who followed it", sub.Follows[0], "key")

		const path, words = "/api/v1/subscription/follows/outage/messages-down", "the outage is resolved; follow one of its apps"
		late := w.NewReader("app/messenger:all")
		w.Call(http.MethodPut, path, late, map[string]string{"level": "all"}).WantProblem(t, http.StatusUnprocessableEntity, words)
		body := w.SubscriptionBody("app/messenger:all", "outage/messages-down:resolution")
		refused := w.Call(http.MethodPost, "/api/v1/subscriptions", "", body)
		refused.WantProblem(t, http.StatusUnprocessableEntity, words)
		refused.WantProblem(t, http.StatusUnprocessableEntity, "follows[1].topic")
		for level, muted := range map[string]string{"muted": "for_good", "hushed": "until_resolution"} {
			for _, change := range []map[string]string{{"level": level}, {"muted": muted}} {
				var made ending
				w.Call(http.MethodPut, path, late, change).Decode(t, http.StatusOK, &made)
				ends("who silences it", made, "")
				if made.Muted != muted {
					t.Errorf("%v: muted = %q", change, made.Muted)
				}
			}
		}
	})
}

func TestAMuteIsReadAndWrittenBesideTheLevel(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		const path = "/api/v1/subscription/follows/outage/messages-down"
		secret := w.NewReader("outage/messages-down:key")
		type state struct{ Level, Muted *string }
		is := func(f state, level, muted string) bool {
			isLevel := f.Level == nil && level == "" || f.Level != nil && *f.Level == level
			return isLevel && f.Muted != nil && *f.Muted == muted
		}
		for _, step := range []struct {
			change       map[string]string
			level, muted string
		}{
			{map[string]string{"muted": "for_good"}, "key", "for_good"},
			{map[string]string{"muted": "no"}, "key", "no"},
			{map[string]string{"level": "muted"}, "key", "for_good"},
			{map[string]string{"level": "hushed"}, "key", "until_resolution"},
			{map[string]string{"level": "all"}, "all", "no"},
		} {
			var answered state
			w.Call(http.MethodPut, path, secret, step.change).Decode(t, http.StatusOK, &answered)
			var sub struct{ Follows []state }
			w.Call(http.MethodGet, "/api/v1/subscription", secret, nil).Decode(t, http.StatusOK, &sub)
			if len(sub.Follows) != 1 || !is(answered, step.level, step.muted) || !is(sub.Follows[0], step.level, step.muted) {
				t.Errorf("%v: answered %+v, read %+v; want %q and %q", step.change, answered, sub.Follows, step.level, step.muted)
			}
		}

		appOnly := w.NewReader("app/messenger:all")
		var answered state
		w.Call(http.MethodPut, path, appOnly, map[string]string{"muted": "until_resolution"}).Decode(t, http.StatusOK, &answered)
		if !is(answered, "", "until_resolution") {
			t.Errorf("a follower of the app: %+v", answered)
		}
		w.Call(http.MethodPut, path, appOnly, map[string]string{"muted": "no"}).Decode(t, http.StatusOK, &answered)
		var sub struct{ Follows []state }
		w.Call(http.MethodGet, "/api/v1/subscription", appOnly, nil).Decode(t, http.StatusOK, &sub)
		if len(sub.Follows) != 1 || !is(answered, "", "no") {
			t.Errorf("after the mute: answered %+v, follows %+v; want only the app", answered, sub.Follows)
		}
		w.Call(http.MethodPut, path, secret, map[string]string{}).WantProblem(t, http.StatusUnprocessableEntity, "level")
		w.Call(http.MethodPut, path, secret, map[string]string{"muted": "loudly"}).WantProblem(t, http.StatusUnprocessableEntity, "muted")
		w.Call(http.MethodPut, "/api/v1/subscription/follows/app/messenger", secret, map[string]string{"muted": "for_good"}).
			WantProblem(t, http.StatusUnprocessableEntity, "muted")
	})
}
