package newsroom

import (
	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

// kindOf returns the kind of an outage or a drill.
func kindOf(isDrill bool) models.OutageKind {
	if isDrill {
		return models.Drill
	}
	return models.OrdinaryOutage
}

// followDrill sends the alerts of a drill to one of the user's linked browsers.
func (n *Newsroom) followDrill(c *gin.Context) error {
	return n.afterDrillFollow(c, n.store.FollowDrill(c.Request.Context(), *sessionOf(c).Person, c.Param("slug"), idOf(c.PostForm("browser"))))
}

// unfollowDrill ends that.
func (n *Newsroom) unfollowDrill(c *gin.Context) error {
	return n.afterDrillFollow(c, n.store.UnfollowDrill(c.Request.Context(), *sessionOf(c).Person, c.Param("slug"), idOf(c.PostForm("browser"))))
}

func (n *Newsroom) afterDrillFollow(c *gin.Context, err error) error {
	if err != nil {
		return err
	}
	n.redirect(c, "/outages/"+c.Param("slug")+"#browsers")
	return nil
}

// addDrill adds the browsers that get the alerts of a drill, and the user's others.
func (n *Newsroom) addDrill(c *gin.Context, page *static.EditorOutagePage, outage models.Outage) error {
	if !outage.IsDrill() {
		return nil
	}
	following, err := n.store.DrillBrowsers(c.Request.Context(), outage)
	if err != nil {
		return err
	}
	person, follows := sessionOf(c).Person, map[int64]bool{}
	for _, b := range following {
		follows[b.ID] = true
		page.DrillBrowsers = append(page.DrillBrowsers, static.DrillBrowser{
			ID: b.ID, Owner: b.Owner, Name: b.Name, IsSilent: b.IsSilent, IsOwn: person != nil && person.ID == b.PersonID,
		})
	}
	if person == nil {
		return nil
	}
	linked, err := n.store.LinkedBrowsers(c.Request.Context(), person.ID)
	page.HasLinked = len(linked) > 0
	for _, b := range linked {
		if !follows[b.ID] {
			page.OtherBrowsers = append(page.OtherBrowsers, static.DrillBrowser{ID: b.ID, Owner: person.Name, Name: b.Name, IsOwn: true})
		}
	}
	return err
}
