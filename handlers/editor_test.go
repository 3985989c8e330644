package handlers_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
)

type published struct {
	Update struct {
		ID             int64
		Kind, Headline string
		URL            string
		Apps           []string
		States         map[string]string
	}
	Alert *struct {
		ID     int64
		State  string
		Counts struct{ Audience int }
	}
}

func TestAProgramPublishesAndStops(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		w.call(http.MethodPost, "/api/v1/apps", w.token, map[string]string{"slug": "whatsapp", "name": "WhatsApp"}).wants(t, http.StatusCreated)
		w.call(http.MethodPost, "/api/v1/apps", w.token, map[string]string{"slug": "whatsapp", "name": "WhatsApp"}).isProblem(t, http.StatusConflict, "already exists")
		w.call(http.MethodPost, "/api/v1/outages", w.token, map[string]any{"slug": "calls", "headline": "Calls fail", "apps": []string{"whatsapp"}}).wants(t, http.StatusCreated)
		w.call(http.MethodPost, "/api/v1/outages", w.token, map[string]any{"slug": "calls2", "headline": "Calls fail", "apps": []string{"icq"}}).isProblem(t, 422, "icq")

		var p published
		w.call(http.MethodPost, "/api/v1/outages/calls/updates", w.token, map[string]any{
			"kind": "update", "alert": "key", "apps": []string{"messenger"}, "states": map[string]string{"whatsapp": "failing"},
			"headline": "Calls are failing", "body": "Everywhere.", "undo_seconds": 60,
		}).decode(t, http.StatusCreated, &p)
		if p.Update.URL != w.url+"/outages/calls#update-1" || !slices.Equal(slices.Sorted(slices.Values(p.Update.Apps)), []string{"messenger", "whatsapp"}) || p.Update.States["whatsapp"] != "failing" {
			t.Errorf("update = %+v", p.Update)
		}
		if p.Alert == nil || p.Alert.State != "holding" {
			t.Fatalf("alert = %+v", p.Alert)
		}
		if want := []string{
			models.SubjectPublished + ` {"alert_id":1}`, models.SubjectUpdates + ` {"outage":"calls","update_id":1}`,
		}; !slices.Equal(w.bus.said, want) {
			t.Errorf("said %q; want %q", w.bus.said, want)
		}
		w.call(http.MethodPost, "/api/v1/alerts/1/stop", w.token, nil).decode(t, http.StatusOK, &p.Alert)
		if p.Alert.State != "stopped" {
			t.Errorf("alert = %+v; want stopped", p.Alert)
		}
		w.call(http.MethodPost, "/api/v1/alerts/1/stop", w.token, nil).isProblem(t, http.StatusConflict, "stopped already")

		w.call(http.MethodPost, "/api/v1/outages/calls/updates", w.token, map[string]any{"kind": "resolution", "alert": "none", "headline": "Back"}).
			decode(t, http.StatusCreated, &p)
		if p.Alert != nil {
			t.Errorf("an update without alert has %+v", p.Alert)
		}
		w.call(http.MethodPost, "/api/v1/outages/calls/updates", w.token, map[string]any{"kind": "update", "alert": "none", "headline": "More"}).
			isProblem(t, http.StatusConflict, "resolved")
		w.call(http.MethodPost, "/api/v1/outages/calls/updates", w.token, map[string]any{"kind": "correction", "alert": "none", "headline": "It was 9"}).
			wants(t, http.StatusCreated)
	})
}

func TestAnEditorPreviewsPublishesAndStopsInTheBrowser(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		w.subscribe("outage/messages-down:all")
		if page := w.get("/editor"); page.Request.URL.Path != "/editor/sign-in" {
			t.Fatalf("a stranger is at %s", page.Request.URL.Path)
		}
		w.submit("/editor/sign-in", url.Values{"token": {"wrong"}}).wants(t, http.StatusUnprocessableEntity)
		w.submit("/editor/sign-in", url.Values{"token": {" " + w.token + "\n"}}).wants(t, http.StatusOK)

		form := url.Values{"kind": {"update"}, "alert": {"all"}, "headline": {"Messages fail"}, "body": {""}, "state.messenger": {"failing"}, "do": {"preview"}}
		if page := w.submit("/editor/outages/messages-down/updates", form); !strings.Contains(page.body, "reaches") || !strings.Contains(page.body, "1 reader") {
			t.Errorf("the preview does not say that it reaches 1 reader")
		}
		form.Set("headline", "")
		w.submit("/editor/outages/messages-down/updates", form).wants(t, http.StatusUnprocessableEntity)
		form.Set("headline", "Messages fail")
		form.Set("do", "publish")
		if page := w.submit("/editor/outages/messages-down/updates", form); page.Request.URL.Path != "/editor/outages/messages-down" || !strings.Contains(page.body, `data-state="holding"`) {
			t.Errorf("after publishing: %s", page.Request.URL)
		}
		var alert struct{ State string }
		w.get("/editor/alerts/1").decode(t, http.StatusOK, &alert)
		if w.submit("/editor/alerts/1/stop", nil).wants(t, http.StatusOK); alert.State != "holding" {
			t.Errorf("alert = %+v", alert)
		}
		if alert, err := w.Alert(t.Context(), 1); err != nil || alert.State != models.Stopped {
			t.Errorf("alert = %+v, %v; want stopped", alert, err)
		}
		entries, err := w.AuditEntries(t.Context(), 2)
		if err != nil || entries[0].Actor != "token desk" || entries[0].Action != "stop alert" {
			t.Errorf("audit = %+v, %v", entries, err)
		}
		if err := w.RevokeToken(t.Context(), "desk"); err != nil {
			t.Fatal(err)
		}
		if page := w.get("/editor"); page.Request.URL.Path != "/editor/sign-in" {
			t.Error("a revoked token keeps its session")
		}
	})
}

func TestSigningOutEndsTheSession(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		w.submit("/editor/sign-in", url.Values{"token": {w.token}}).wants(t, http.StatusOK)
		w.submit("/editor/sign-out", nil)
		if page := w.get("/editor"); page.Request.URL.Path != "/editor/sign-in" {
			t.Error("still signed in")
		}
	})
}

func TestThePreviewTellsWhoSleepsAndTheDeskWhoWasToldLater(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		secret := w.subscribe("outage/messages-down:all")
		w.call(http.MethodPatch, "/api/v1/subscription", secret, map[string]any{ // the clock shows 18:04
			"quiet_hours": map[string]any{"from": "18:00", "until": "07:00"}, "time_zone": "Europe/London",
		}).wants(t, http.StatusOK)
		w.submit("/editor/sign-in", url.Values{"token": {w.token}}).wants(t, http.StatusOK)
		form := url.Values{"kind": {"update"}, "alert": {"all"}, "headline": {"Messages fail"}, "do": {"preview"}}
		if page := w.submit("/editor/outages/messages-down/updates", form); !strings.Contains(page.body, "In quiet hours: 1 reader") {
			t.Error("the preview does not say that the reader is in quiet hours")
		}
		w.PublishNow(models.Draft{Outage: "messages-down"})
		w.sends(t, 1, ledger.Accepted)
		if page := w.get("/editor/outages/messages-down"); !strings.Contains(page.body, `data-part="deferred">1<`) {
			t.Error("the newsroom does not count the deferred reader")
		}
		w.Clock.Advance(13 * time.Hour) // the session has ended
		w.submit("/editor/sign-in", url.Values{"token": {w.token}}).wants(t, http.StatusOK)
		if err := w.OpenCatchUps(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.PlanAll(2)
		if page := w.get("/editor/outages/messages-down"); !strings.Contains(page.body, "Catch-up for deferred readers") {
			t.Error("the newsroom does not show the catch-up that goes out")
		}
		w.sends(t, 2, ledger.Accepted)
		if err := w.StopAlert(t.Context(), 2, "test"); err != nil { // nobody is left
			t.Fatal(err)
		}
		if page := w.get("/editor/outages/messages-down"); !strings.Contains(page.body, "Caught up later: 1 reader") {
			t.Error("the newsroom does not count the caught-up reader")
		}
	})
}
