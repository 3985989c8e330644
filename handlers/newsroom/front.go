package newsroom

import (
	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/static"
)

// maxListed is the maximum number of outages in the list.
const maxListed = 200

func (n *Newsroom) frontPage(c *gin.Context) error {
	outages, err := n.store.Outages(c.Request.Context(), maxListed)
	if err != nil {
		return err
	}
	return n.pages.EditorFront(c.Writer, static.EditorFrontPage{Actor: actorOf(c), Outages: views.Outages(outages)})
}
