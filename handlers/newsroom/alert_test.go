package newsroom_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestTheNewsroomShowsWhatBrowsersReported(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.SignIn()
		reader := w.Reader("outage/messages-down:all")
		id := w.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		w.Report(t, handlerstest.Receipt{Alert: id, Receipt: w.Proof(id, reader.ID), Event: "shown"}, handlerstest.Receipt{Alert: id, Receipt: w.Proof(id, reader.ID), Event: "clicked"})
		w.WantReceipts(t, id, 1, 1, 0)
		page := w.Get("/editor/outages/messages-down")
		for _, part := range []string{`data-part="shown">1<`, `data-part="clicked">1<`, `data-part="dismissed">0<`} {
			if !strings.Contains(page.Text, part) {
				t.Errorf("the newsroom does not show %s", part)
			}
		}
		var counts struct{ Shown, Clicked, Dismissed int }
		w.Get(fmt.Sprintf("/editor/alerts/%d/counts", id)).Decode(t, http.StatusOK, &counts)
		if counts.Shown != 1 || counts.Clicked != 1 {
			t.Errorf("the newsroom's script gets %+v", counts)
		}
	})
}

func TestALargeAlertGoesToAFewFirstAndSaysWhyItStopped(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{Pilot: models.Pilot{Above: 1, MaxRefused: 0.2}}, func(t *testing.T, db *modelstest.DB) {
		w := handlerstest.New(t, db, handlers.Options{})
		w.NewReader("outage/messages-down:all")
		w.NewReader("outage/messages-down:all")
		w.PublishNow(models.Draft{Outage: "messages-down"})
		w.SendAlert(t, 1, ledger.Accepted)
		w.SignInWith(w.Session(w.Person(ada, models.RoleEditor)))

		form := typed("Messages return", 0, 0, "preview")
		form.Set("alert", "all")
		says(t, w.Submit(updates, form), http.StatusOK, "About 1 reader gets it first. If more than 20% of these pushes are refused, it stops itself.")

		id := w.PublishNow(models.Draft{Outage: "messages-down", Headline: "Messages fail"}).Alert.ID
		says(t, w.Get(fmt.Sprintf("/editor/alerts/%d", id)), http.StatusOK, "Sending to the first readers")
		w.SendAlert(t, id, ledger.Failed)
		w.SendAlert(t, id) // a worker ends the shard
		const why = "It stopped itself: push services refused 100% of the first pushes"
		says(t, w.Get(fmt.Sprintf("/editor/alerts/%d", id)), http.StatusOK, "Stopped: accepted for 0 of 2 readers", why)
		says(t, w.Get("/editor/outages/messages-down"), http.StatusOK, why)
		says(t, w.Get(fmt.Sprintf("/editor/alerts/%d/counts", id)), http.StatusOK, `"stop_reason":"`+why)
		says(t, w.Call(http.MethodGet, fmt.Sprintf("/api/v1/alerts/%d", id), w.Token, nil), http.StatusOK, `"stop_reason":"`+why)
	})
}
