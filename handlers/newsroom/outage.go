package newsroom

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/static"
)

func (n *Newsroom) outagePage(c *gin.Context) error {
	return n.showOutage(c, static.EditorOutagePage{})
}

// showOutage writes the page of an outage, with the given form.
func (n *Newsroom) showOutage(c *gin.Context, page static.EditorOutagePage) error {
	ctx := c.Request.Context()
	outage, err := n.store.Outage(ctx, c.Param("slug"))
	if err != nil {
		return err
	}
	apps, err := n.store.Apps(ctx)
	if err != nil {
		return err
	}
	page.Actor, page.Outage, page.Apps = actorOf(c), views.Outage(outage), views.Apps(apps)
	if page.Updates, err = n.publishedUpdates(ctx, outage, page.Actor); err != nil {
		return err
	}
	return n.pages.EditorOutage(c.Writer, page)
}

func (n *Newsroom) redirectToUpdate(c *gin.Context, outage string, id int64) {
	c.Redirect(http.StatusSeeOther, fmt.Sprintf("%s/editor/outages/%s#update-%d", n.site.Root(), outage, id))
}
