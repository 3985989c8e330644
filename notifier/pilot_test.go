package notifier

import (
	"net/http"
	"strings"
	"testing"

	"newsbell/models"
	"newsbell/notifier/pushtest"
)

func TestALargeAlertStopsItselfWhileAPushServiceRefusesIt(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		const readers = 400
		n.importSimulated(readers, everything)
		n.stop()
		n.openAgain(models.Options{Pilot: models.Pilot{Above: 300, MaxRefused: 0.2}})
		n.start(2)
		if counts := n.finished(n.publish(models.Draft{})); counts.Accepted != readers {
			t.Fatalf("the first alert: %+v", counts)
		}
		before := n.service.Stats().Requests
		n.service.Faults(func(string) *pushtest.Answer { return &pushtest.Answer{Status: http.StatusForbidden} })
		id := n.publish(models.Draft{Headline: "Refused"})
		counts := n.finished(id)
		alert, err := n.Alert(t.Context(), id)
		if err != nil || alert.State != models.Stopped || !strings.Contains(alert.StopReason, "refused 100% of the first pushes") {
			t.Errorf("alert = %+v, %v; want that it stopped itself", alert, err)
		}
		if requests := n.service.Stats().Requests - before; requests != readers/100 || counts.Accepted != 0 {
			t.Errorf("%d requests, %+v; want one reader in a hundred, refused", requests, counts)
		}
		n.service.Faults(nil)
		if counts := n.finished(n.publish(models.Draft{Headline: "Accepted"})); counts.Accepted != readers {
			t.Errorf("the next alert: %+v; want everybody once", counts)
		}
	})
}
