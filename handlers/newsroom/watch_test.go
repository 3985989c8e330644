package newsroom_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"newsbell/handlers/handlerstest"
	"newsbell/handlers/live"
	"newsbell/models"
	"newsbell/models/events"
	"newsbell/models/ledger"
)

// onlyTheBus makes open pages rely on what is announced.
var onlyTheBus = live.Options{SweepEvery: time.Hour}

func TestAPageOnAnotherProcessFollowsAnAlertAndItsStop(t *testing.T) {
	handlerstest.OnBothWithNATS(t, onlyTheBus, func(t *testing.T, w *handlerstest.Web) {
		for range 3 {
			w.NewReader("outage/messages-down:all")
		}
		session := w.Session(w.Person(ada, models.RoleEditor))
		w.SignInWith(session)
		other := w.StartProcess(onlyTheBus)
		other.SignInWith(session)
		id := w.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		page := other.WatchAlert(id)
		want(t, page.Next(), "Sending", "Stop", `data-count="accepted">0<`, `data-count="remaining">3<`)

		w.SendAlert(t, id, ledger.Accepted, ledger.Accepted, ledger.Waiting)
		announce(t, w, id)
		want(t, page.Next(), "Sending", "Stop", `data-count="accepted">2<`, `data-count="waiting">1<`, `data-service="fcm.googleapis.com"`, "90%")

		w.Submit(fmt.Sprintf("/editor/alerts/%d/stop", id), nil).WantStatus(t, http.StatusOK)
		want(t, page.Next(), "Stopping: the last pushes are being recorded", "")
		w.Clock.Advance(time.Minute) // the retry is due, so that a worker ends the shard
		w.SendAlert(t, id)
		announce(t, w, id)
		stopped := "Stopped: accepted for 2 of 3 readers, not sent to 1"
		want(t, page.Next(), stopped, "")
		if again := w.Get(fmt.Sprintf("/editor/alerts/%d", id)); !strings.Contains(again.Text, stopped) || strings.Contains(again.Text, "/stop") {
			t.Error("the page says something else after a reload")
		}
		if err := w.SignOut(t.Context(), session); err != nil {
			t.Fatal(err)
		}
		announce(t, w, id)
		if e := page.Next(); e.Type != "end" {
			t.Errorf("got %+v; want the end of the session", e)
		}
		page.WantEnd()
	})
}

// announce says on the bus that an alert has new counts, as a worker does.
func announce(t *testing.T, w *handlerstest.Web, id int64) {
	t.Helper()
	if err := w.Bus.Publish(events.SubjectProgress, fmt.Appendf(nil, `{"alert_id":%d}`, id)); err != nil {
		t.Fatal(err)
	}
}

// want checks an event: the words, the word on the button, and parts of the rest.
func want(t *testing.T, e handlerstest.Event, words, stop string, parts ...string) {
	t.Helper()
	if e.Type != "progress" || e.Words != words || e.Stop != stop {
		t.Errorf("event = %s, %q, button %q; want %q, button %q", e.Type, e.Words, e.Stop, words, stop)
	}
	for _, part := range parts {
		if !strings.Contains(e.HTML, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}

func TestThePageOfAnAlertSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		for range 2 {
			w.NewReader("outage/messages-down:all")
		}
		w.Join(ada, models.RoleViewer)
		id := w.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		page := fmt.Sprintf("/editor/alerts/%d", id)
		if text := w.Get(page).Text; !strings.Contains(text, "Nothing has been sent yet.") || strings.Contains(text, "/stop") {
			t.Error("before anything is sent, a viewer's page has counts, or a button")
		}
		for _, fault := range []struct {
			words  string
			result models.Result
		}{
			{"Google refuses our key: 2 wait.", models.Result{Outcome: ledger.Waiting, Status: http.StatusForbidden, NotAttempted: true}},
			{"Google asks us to send more slowly: 2 wait.", models.Result{Outcome: ledger.Waiting, Status: http.StatusTooManyRequests}},
			{"Google does not answer or has a fault: 2 wait.", models.Result{Outcome: ledger.Waiting}},
			{"Google refuses pushes: 2 failed.", models.Result{Outcome: ledger.Failed, Status: http.StatusRequestEntityTooLarge}},
		} {
			sendAll(t, w, id, fault.result)
			w.Clock.Advance(time.Minute)
			text := w.Get(page).Text
			if !strings.Contains(text, fault.words) || strings.Contains(text, "tries again until <time") != (fault.result.Outcome == ledger.Waiting) {
				t.Errorf("the page does not say %s", fault.words)
			}
		}
	})
}

// sendAll sends an alert, with one result for everybody; a retry is due in a minute.
func sendAll(t *testing.T, w *handlerstest.Web, id int64, r models.Result) {
	t.Helper()
	r.Due = w.Now().Add(time.Minute)
	shards, err := w.Shards(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range shards {
		claim, err := w.Claim(t.Context(), shard.ID)
		if err == nil {
			err = w.Deliver(t.Context(), claim, models.Delivery{Send: func(_ context.Context, to []models.Recipient, _ int) (results []models.Result, err error) {
				for _, recipient := range to {
					r.Recipient = recipient
					results = append(results, r)
				}
				return results, nil
			}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
