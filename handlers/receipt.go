package handlers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"newsbell/models"
)

type receipts struct {
	Receipts []receipt `json:"receipts" maxItems:"100" nullable:"false"`
}

type receipt struct {
	Alert   int64  `json:"alert"`
	Receipt string `json:"receipt" doc:"What the push brought along."`
	Event   string `json:"event" doc:"shown, clicked or dismissed"`
}

func (a *api) routeReceipts() {
	handle(a, route{method: http.MethodPost, path: "/receipts", id: "report-receipts", status: http.StatusNoContent,
		summary: "Report what happened to alerts"}, a.reportReceipts)
}

// reportReceipts answers the same to right and wrong receipts.
func (a *api) reportReceipts(ctx context.Context, in *body[receipts]) (*nothing, error) {
	reported := make([]models.Receipt, len(in.Body.Receipts))
	for i, r := range in.Body.Receipts {
		reported[i] = models.Receipt{AlertID: r.Alert, Proof: r.Receipt, Event: models.ReceiptEvent(r.Event)}
	}
	return nil, a.store.RecordReceipts(ctx, reported...)
}

// goPage counts a click, where no script could, and shows the entry.
func (s *server) goPage(c *gin.Context) error {
	c.Header("Cache-Control", "no-store")
	ctx := c.Request.Context()
	id, err := alertID(c)
	if err != nil {
		return err
	}
	alert, err := s.store.Alert(ctx, id)
	if err != nil {
		return err
	}
	if c.Request.Method == http.MethodGet {
		click := models.Receipt{AlertID: id, Proof: c.Param("receipt"), Event: models.Clicked}
		if err := s.store.RecordReceipts(ctx, click); err != nil {
			s.logFailure(ctx, "a click was not counted", "error", err)
		}
	}
	c.Redirect(http.StatusFound, fmt.Sprintf("%s/outages/%s#update-%d", s.site.Root(), alert.Outage.Slug, alert.UpdateID))
	return nil
}
