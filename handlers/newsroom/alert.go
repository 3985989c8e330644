package newsroom

import (
	"errors"
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
		State string `json:"state"`
		static.Counts
	}{string(alert.State), views.Counts(counts)})
	return nil
}

// stopAlert stops an alert. It is not an error if the alert has just ended.
func (n *Newsroom) stopAlert(c *gin.Context) error {
	alert, err := n.alertOf(c)
	if err != nil {
		return err
	}
	err = n.store.StopAlert(c.Request.Context(), alert.ID, sessionOf(c).Actor())
	if err != nil && !errors.Is(err, models.ErrConflict) {
		return err
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
