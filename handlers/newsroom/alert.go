package newsroom

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/static"
)

// getAlert returns an alert's counts to the newsroom's script, which polls them while an
// alert is sent.
func (n *Newsroom) getAlert(c *gin.Context) error {
	ctx := c.Request.Context()
	alert, err := n.alertOf(c)
	if err != nil {
		return err
	}
	counts, err := n.store.Counts(ctx, alert)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, struct {
		State      string `json:"state"`
		StopReason string `json:"stop_reason"`
		static.Counts
	}{string(alert.State), alert.StopReason, views.Counts(counts)})
	return nil
}

// stopAlert stops an alert, and returns to the page whose button was pressed; or undoes it in
// its undo window: then it leads back to the draft. It is not an error if the alert has just
// ended.
func (n *Newsroom) stopAlert(c *gin.Context) error {
	alert, err := n.alertOf(c)
	if err != nil {
		return err
	}
	err = n.publisher.Stop(c.Request.Context(), alert.ID, sessionOf(c).Actor())
	if err != nil && !errors.Is(err, models.ErrConflict) {
		return err
	}
	if err == nil {
		alert, err = n.store.Alert(c.Request.Context(), alert.ID)
		if err != nil {
			return err
		}
	}
	if alert.State == models.Stopped && alert.Update.IsHidden() {
		n.redirect(c, "/outages/"+alert.Outage.Slug+"#compose")
		return nil
	}
	if c.PostForm("watching") != "" {
		n.redirect(c, fmt.Sprintf("/alerts/%d", alert.ID))
		return nil
	}
	n.redirectToUpdate(c, alert.Outage.Slug, alert.UpdateID)
	return nil
}

// alertOf returns the alert named in a request's path.
func (n *Newsroom) alertOf(c *gin.Context) (models.Alert, error) {
	id, err := pathID(c)
	if err != nil {
		return models.Alert{}, err
	}
	return n.store.Alert(c.Request.Context(), id)
}
