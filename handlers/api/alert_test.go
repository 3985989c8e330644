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
		w.Reader("outage/messages-down:all")
		w.Reader("outage/messages-down:all")
		w.PublishNow(models.Draft{Outage: "messages-down"})
		w.SendAlert(t, 1, ledger.Accepted, ledger.Failed)
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
