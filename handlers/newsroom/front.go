package newsroom

import (
	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/static"
)

// maxListed is the maximum number of outages in the list.
const maxListed = 200

func (n *Newsroom) frontPage(c *gin.Context) error {
	desk, err := n.store.Desk(c.Request.Context(), maxListed)
	if err != nil {
		return err
	}
	page := static.EditorFrontPage{Actor: actorOf(c)}
	if page.Actor.MayPublish {
		if page.Waiting, err = n.waiting(c); err != nil {
			return err
		}
	}
	for _, o := range desk {
		page.Outages = append(page.Outages, static.DeskOutage{
			Outage: views.Outage(o.Outage), Followers: o.Followers, LastAlert: o.LastAlertAt, Reached: o.Reached,
		})
	}
	return n.pages.EditorFront(c.Writer, page)
}
