package api_test

import (
	"net/http"
	"testing"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/ledger"
)

func TestAnAlertHasCountsByPushService(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		ctx := t.Context()
		w.Reader("outage/messages-down:all")
		w.Reader("outage/messages-down:all")
		w.PublishNow(models.Draft{Outage: "messages-down"})
		claim, err := w.Claim(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		page, err := w.Pages(claim).Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		results := []models.Result{{Recipient: page.Recipients[0]}, {Recipient: page.Recipients[1], Outcome: ledger.Failed}}
		if err := w.Record(ctx, claim, page, results); err != nil {
			t.Fatal(err)
		}
		var alert struct {
			Hosts map[string]struct{ Accepted, Gone, Failed, Waiting int }
		}
		w.Call(http.MethodGet, "/api/v1/alerts/1", w.Token, nil).Decode(t, http.StatusOK, &alert)
		one := alert.Hosts["fcm.googleapis.com"]
		if len(alert.Hosts) != 1 || one.Accepted != 1 || one.Failed != 1 || one.Gone+one.Waiting != 0 {
			t.Errorf("hosts = %+v; want one accepted and one failed", alert.Hosts)
		}
	})
}
