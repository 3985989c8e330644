package api_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

func TestAnInvalidUpdateChangesNothing(t *testing.T) {
	good := map[string]any{"kind": "update", "alert": "all", "headline": "News"}
	cases := []struct {
		name   string
		path   string
		change map[string]any
		status int
		words  string
	}{
		{"no headline", "messages-down", map[string]any{"headline": ""}, 422, "headline"},
		{"an unknown kind", "messages-down", map[string]any{"kind": "rumour"}, 422, "kind"},
		{"an unknown alert level", "messages-down", map[string]any{"alert": "loud"}, 422, "alert"},
		{"an unknown app", "messages-down", map[string]any{"apps": []string{"icq"}}, 422, "icq"},
		{"an unknown state", "messages-down", map[string]any{"states": map[string]string{"messenger": "on fire"}}, 422, "states.messenger"},
		{"an unknown field", "messages-down", map[string]any{"push_all": true}, 422, "push_all"},
		{"an undo window of a week", "messages-down", map[string]any{"undo_seconds": 604800}, 422, "undo_seconds"},
		{"an outage that does not exist", "elsewhere", nil, 404, "elsewhere"},
		{"over 16 kB", "messages-down", map[string]any{"body": strings.Repeat("x", 16<<10)}, 413, ""},
	}
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		for _, c := range cases {
			body := maps.Clone(good)
			maps.Copy(body, c.change)
			path := fmt.Sprintf("/api/v1/outages/%s/updates", c.path)
			w.Call(http.MethodPost, path, w.Token, body).WantProblem(t, c.status, c.words)
		}
		w.WantNothingPublished()
	})
}

func TestAnUnreadableUpdateChangesNothing(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		const path = "/api/v1/outages/messages-down/updates"
		for _, text := range []string{"{", "null", "[]", `{"kind":"update","alert":"all","headline":"News"} and more`} {
			if answer := w.Call(http.MethodPost, path, w.Token, text); answer.StatusCode != 400 && answer.StatusCode != 422 {
				t.Errorf("%q: %d %s", text, answer.StatusCode, answer.Text)
			}
		}
		// A body of unknown length is sent in chunks.
		long := io.MultiReader(strings.NewReader(`{"headline":"`), strings.NewReader(strings.Repeat("x", 17<<10)+`"}`))
		w.Send(http.MethodPost, path, long, "Content-Type", "application/json", "Authorization", "Bearer "+w.Token).WantProblem(t, 413, "")
		w.WantNothingPublished()
	})
}

func TestAnInvalidAppOrOutageChangesNothing(t *testing.T) {
	outage := func(change map[string]any) map[string]any {
		body := map[string]any{"slug": "new", "headline": "News", "apps": []string{"messenger"}}
		maps.Copy(body, change)
		return body
	}
	cases := []struct {
		path   string
		body   map[string]any
		status int
		words  string
	}{
		{"apps", map[string]any{"slug": "New App", "name": "New"}, 422, "slug"},
		{"apps", map[string]any{"slug": "new", "name": " "}, 422, "name"},
		{"apps", map[string]any{"slug": "new", "name": "New", "state": "up"}, 422, "state"},
		{"apps", map[string]any{"slug": "messenger", "name": "Again"}, 409, "already exists"},
		{"outages", outage(map[string]any{"slug": "../etc"}), 422, "slug"},
		{"outages", outage(map[string]any{"headline": ""}), 422, "headline"},
		{"outages", outage(map[string]any{"apps": []string{}}), 422, "apps"},
		{"outages", outage(map[string]any{"apps": []string{"icq"}}), 422, "icq"},
		{"outages", outage(map[string]any{"began_at": "yesterday"}), 422, "began_at"},
		{"outages", outage(map[string]any{"began_at": "2921-11-03T18:04:00Z"}), 422, "began_at"},
		{"outages", outage(map[string]any{"states": map[string]string{"messenger": "on fire"}}), 422, "states.messenger"},
		{"outages", outage(map[string]any{"states": map[string]string{"icq": "failing"}}), 422, "icq"},
		{"outages", outage(map[string]any{"notify": true}), 422, "notify"},
		{"outages", outage(map[string]any{"slug": "messages-down"}), 409, "already exists"},
	}
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		for _, c := range cases {
			w.Call(http.MethodPost, "/api/v1/"+c.path, w.Token, c.body).WantProblem(t, c.status, c.words)
		}
		apps, err := w.Apps(t.Context())
		if err != nil || len(apps) != 2 {
			t.Errorf("apps = %+v, %v; want only the two from before", apps, err)
		}
		if outages, err := w.Outages(t.Context(), 10); err != nil || len(outages) != 1 || outages[0].Headline != "messages-down is down" {
			t.Errorf("outages = %+v, %v; want only the one from before", outages, err)
		}
	})
}

func TestAResolvedOutageAcceptsNoUpdate(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertNone})
		body := map[string]any{"kind": "update", "alert": "all", "headline": "More", "states": map[string]string{"messenger": "failing"}}
		w.Call(http.MethodPost, "/api/v1/outages/messages-down/updates", w.Token, body).WantProblem(t, 409, "resolved")
		app, err := w.Store.App(t.Context(), "messenger")
		if err != nil || app.State != models.Up || len(w.Bus.Published) != 0 {
			t.Errorf("app = %+v, %v; published %q", app, err, w.Bus.Published)
		}
	})
}

func TestALongTextIsAccepted(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		body := map[string]any{"kind": "update", "alert": "all", "headline": strings.Repeat("Lang 👩‍👩‍👧 ", 200), "body": strings.Repeat("text ", 1000)}
		w.Call(http.MethodPost, "/api/v1/outages/messages-down/updates", w.Token, body).WantStatus(t, http.StatusCreated)
	})
}
