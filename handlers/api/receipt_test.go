package api_test

import (
	"net/http"
	"testing"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

func TestBrowsersReportWhatHappenedToAnAlert(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		first, second := w.Reader("outage/messages-down:all"), w.Reader("outage/messages-down:all")
		id := w.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		w.Report(t,
			handlerstest.Receipt{Alert: id, Receipt: w.Proof(id, first.ID), Event: "shown"},
			handlerstest.Receipt{Alert: id, Receipt: w.Proof(id, second.ID), Event: "shown"},
			handlerstest.Receipt{Alert: id, Receipt: w.Proof(id, second.ID), Event: "dismissed"},
		)
		w.Report(t,
			handlerstest.Receipt{Alert: id, Receipt: w.Proof(id, first.ID), Event: "shown"}, // repeated
			handlerstest.Receipt{Alert: id, Receipt: w.Proof(99, first.ID), Event: "clicked"},
			handlerstest.Receipt{Alert: id, Receipt: "forged", Event: "clicked"},
			handlerstest.Receipt{Alert: id, Receipt: w.Proof(id, first.ID), Event: "eaten"},
		)
		w.WantReceipts(t, id, 2, 0, 1)
	})
}

func TestUnreadableReportsAreInvalid(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		many := make([]handlerstest.Receipt, 101)
		for body, status := range map[string]int{
			"":                   http.StatusBadRequest,
			"not JSON":           http.StatusBadRequest,
			"{}":                 http.StatusUnprocessableEntity,
			`{"receipts": null}`: http.StatusUnprocessableEntity,
			`{"receipts": [1]}`:  http.StatusUnprocessableEntity,
			`{"receipts": [{"alert": "1", "receipt": "x", "event": "shown"}]}`: http.StatusUnprocessableEntity,
		} {
			w.Call(http.MethodPost, handlerstest.ReceiptsPath, "", body).WantProblem(t, status, "")
		}
		w.Call(http.MethodPost, handlerstest.ReceiptsPath, "", map[string]any{"receipts": many}).WantProblem(t, http.StatusUnprocessableEntity, "100")
		w.Report(t, many[:100]...) // not too many, but with invalid receipts
		w.Report(t)
	})
}
