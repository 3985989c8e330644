package pages

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/models/receipts"
)

// click counts a click in a browser without scripts, and redirects to the update.
func (p *pages) click(c *gin.Context) error {
	c.Header("Cache-Control", "no-store")
	ctx := c.Request.Context()
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return models.ErrNotFound
	}
	alert, err := p.store.Alert(ctx, id)
	if err != nil {
		return err
	}
	if c.Request.Method == http.MethodGet {
		click := models.Receipt{AlertID: id, Proof: c.Param("receipt"), Event: receipts.Clicked}
		if err := p.store.RecordReceipts(ctx, click); err != nil {
			p.errors.LogFailure(ctx, "a click was not counted", "error", err)
		}
	}
	if alert.Outage.IsDrill() { // which has no public page
		c.Redirect(http.StatusFound, p.site.EditorUpdatePath(alert.Outage.Slug, alert.UpdateID))
		return nil
	}
	c.Redirect(http.StatusFound, p.site.UpdatePath(alert.Outage.Slug, alert.UpdateID))
	return nil
}
