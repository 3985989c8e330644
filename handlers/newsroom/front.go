package newsroom

import (
	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/static"
)

// maxListed is the maximum number of outages in the list.
const maxListed = 200

func (n *Newsroom) frontPage(c *gin.Context) error {
	page := static.EditorFrontPage{Actor: actorOf(c)}
	var err error
	if page.Actor.MayPublish {
		if page.Waiting, err = n.waiting(c); err != nil {
			return err
		}
	}
	if page.Scheduled, err = n.scheduled(c); err != nil {
		return err
	}
	if page.Outages, err = n.desk(c, models.OrdinaryOutage); err != nil {
		return err
	}
	if page.Drills, err = n.desk(c, models.Drill); err != nil {
		return err
	}
	return n.pages.EditorFront(c.Writer, page)
}

func (n *Newsroom) desk(c *gin.Context, kind models.OutageKind) ([]static.DeskOutage, error) {
	desk, err := n.store.Desk(c.Request.Context(), kind, maxListed)
	listed := make([]static.DeskOutage, len(desk))
	for i, o := range desk {
		listed[i] = static.DeskOutage{Outage: views.Outage(o.Outage), Followers: o.Followers, LastAlert: o.LastAlertAt, Reached: o.Reached}
		for _, draft := range o.Writers {
			listed[i].Writers = append(listed[i].Writers, static.DeskWriter{
				EditorWriter: static.EditorWriter{Name: draft.Writer(), SavedAt: draft.SavedAt},
				IsYou:        draft.IsOf(sessionOf(c)), Headline: draft.Content.Headline,
			})
		}
	}
	return listed, err
}
