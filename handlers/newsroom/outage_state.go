package newsroom

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"newsbell/models"
)

// closeOutage ends an outage without an update.
func (n *Newsroom) closeOutage(c *gin.Context) error {
	return n.setOutageState(c, n.publisher.CloseOutage, "Nothing was changed: a resolution is about to be published. Undo it first, or let it end the outage.")
}

// reopenOutage makes a resolved outage ongoing again.
func (n *Newsroom) reopenOutage(c *gin.Context) error {
	return n.setOutageState(c, n.publisher.ReopenOutage, "Nothing was changed: the resolution’s alert is still being sent. Stop it first, or wait until it is sent.")
}

func (n *Newsroom) setOutageState(c *gin.Context, set func(ctx context.Context, slug string, kind models.OutageKind, actor string) error, conflict string) error {
	slug := c.Param("slug")
	err := set(c.Request.Context(), slug, models.OutageKind(c.PostForm("outage_kind")), sessionOf(c).Actor())
	switch {
	case errors.Is(err, models.ErrOtherKind):
		return n.showProblems(c, models.Draft{}, err)
	case errors.Is(err, models.ErrConflict):
		return n.showEditOutage(c, conflict)
	case err != nil:
		return err
	}
	n.redirect(c, "/outages/"+slug)
	return nil
}
