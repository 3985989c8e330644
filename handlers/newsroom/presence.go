package newsroom

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

// maxSentLately is how many updates are shown that were just published.
const maxSentLately = 3

// getPresence returns who is at work on an outage, as HTML for a page that is open.
func (n *Newsroom) getPresence(c *gin.Context) error {
	outage, err := n.store.OutageOrDrill(c.Request.Context(), c.Param("slug"))
	if err != nil {
		return err
	}
	presence, err := n.presence(c, outage)
	if err != nil {
		return err
	}
	html, err := n.pages.Presence(presence)
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(html))
	return nil
}

// presence returns who else is writing about an outage now, and who has just sent what.
func (n *Newsroom) presence(c *gin.Context, outage models.Outage) (presence static.EditorPresence, err error) {
	ctx := c.Request.Context()
	drafts, err := n.store.Writers(ctx, sessionOf(c), outage)
	if err != nil {
		return presence, err
	}
	for _, draft := range drafts {
		presence.Writers = append(presence.Writers, static.EditorWriter{Name: draft.Writer(), SavedAt: draft.SavedAt})
	}
	sent, err := n.store.SentLately(ctx, outage, maxSentLately)
	for _, s := range sent {
		presence.Sent = append(presence.Sent, static.EditorSent(s))
	}
	return presence, err
}
