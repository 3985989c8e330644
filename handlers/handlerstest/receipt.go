package handlerstest

import (
	"fmt"
	"net/http"
	"testing"
)

// ReceiptsPath is the path at which browsers report receipts.
const ReceiptsPath = "/api/v1/receipts"

// Receipt is a browser's report about an alert.
type Receipt struct {
	Alert   int64  `json:"alert"`
	Receipt string `json:"receipt"`
	Event   string `json:"event"`
}

// Report reports receipts as a browser does, without authorization.
func (w *Web) Report(t *testing.T, all ...Receipt) {
	t.Helper()
	if all == nil {
		all = []Receipt{}
	}
	answer := w.Call(http.MethodPost, ReceiptsPath, "", map[string]any{"receipts": all})
	if answer.WantStatus(t, http.StatusNoContent); answer.Text != "" {
		t.Errorf("the answer is %q", answer.Text)
	}
}

// Proof returns the receipt in the payload of an alert for a subscription.
func (w *Web) Proof(alertID, subscriptionID int64) string {
	w.t.Helper()
	key, err := w.ReceiptKey(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return string(key.Append(nil, alertID, subscriptionID))
}

// WantReceipts compares an alert's counts of receipts.
func (w *Web) WantReceipts(t *testing.T, alertID int64, shown, clicked, dismissed int) {
	t.Helper()
	if err := w.FlushReceipts(t.Context()); err != nil {
		t.Fatal(err)
	}
	var alert struct {
		Counts struct{ Shown, Clicked, Dismissed int }
	}
	w.Call(http.MethodGet, fmt.Sprintf("/api/v1/alerts/%d", alertID), w.Token, nil).Decode(t, http.StatusOK, &alert)
	if c := alert.Counts; c.Shown != shown || c.Clicked != clicked || c.Dismissed != dismissed {
		t.Errorf("counts = %+v; want %d, %d, %d", c, shown, clicked, dismissed)
	}
}
