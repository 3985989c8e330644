package api

import (
	"context"
	"net/http"

	"newsbell/models"
	modelreceipts "newsbell/models/receipts"
)

type receipts struct {
	Receipts []receipt `json:"receipts" maxItems:"100" nullable:"false"`
}

type receipt struct {
	Alert   int64  `json:"alert"`
	Receipt string `json:"receipt" doc:"The receipt from the payload of the push."`
	Event   string `json:"event" doc:"shown, clicked or dismissed"`
}

func (a *api) routeReceipts() {
	handle(a, route{method: http.MethodPost, path: "/receipts", id: "report-receipts", status: http.StatusNoContent,
		summary: "Report what happened to alerts"}, a.reportReceipts)
}

// reportReceipts records receipts. Valid and invalid receipts get the same answer.
func (a *api) reportReceipts(ctx context.Context, in *body[receipts]) (*nothing, error) {
	reported := make([]models.Receipt, len(in.Body.Receipts))
	for i, r := range in.Body.Receipts {
		reported[i] = models.Receipt{AlertID: r.Alert, Proof: r.Receipt, Event: modelreceipts.Event(r.Event)}
	}
	return nil, a.store.RecordReceipts(ctx, reported...)
}
