package newsroom

import (
	"crypto/rand"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/static"
)

// outagePage writes the page of an outage, with the saved draft in its form.
func (n *Newsroom) outagePage(c *gin.Context) error {
	outage, err := n.store.OutageOrDrill(c.Request.Context(), c.Param("slug"))
	if err != nil {
		return err
	}
	var page static.EditorOutagePage
	if err := n.addDraft(c, &page, outage); err != nil {
		return err
	}
	return n.writeOutage(c, page, outage)
}

// showOutage writes the page of an outage, with the given form.
func (n *Newsroom) showOutage(c *gin.Context, page static.EditorOutagePage) error {
	outage, err := n.store.OutageOrDrill(c.Request.Context(), c.Param("slug"))
	if err != nil {
		return err
	}
	return n.writeOutage(c, page, outage)
}

func (n *Newsroom) writeOutage(c *gin.Context, page static.EditorOutagePage, outage models.Outage) error {
	ctx := c.Request.Context()
	page.RequestKey = rand.Text()
	if err := n.addDrill(c, &page, outage); err != nil {
		return err
	}
	var err error
	if page.Presence, err = n.presence(c, outage); err != nil {
		return err
	}
	apps, err := n.store.Apps(ctx)
	if err != nil {
		return err
	}
	concerned, err := n.store.AppsOfOutage(ctx, outage)
	if err != nil {
		return err
	}
	apps = chooseable(apps, func(app models.App) bool {
		return page.Draft.Apps[app.Slug] || slices.ContainsFunc(concerned, func(c models.App) bool { return c.ID == app.ID })
	})
	page.Owner = sessionOf(c).Actor()
	page.Actor, page.Outage, page.Apps = actorOf(c), views.Outage(outage), views.Apps(apps)
	n.addAudience(c, &page)
	if err := n.addScheduled(c, &page, outage); err != nil {
		return err
	}
	if page.Hidden, err = n.hiddenUpdates(ctx, outage, page.Actor); err != nil {
		return err
	}
	if page.Updates, err = n.publishedUpdates(ctx, outage, page.Actor); err != nil {
		return err
	}
	return n.pages.EditorOutage(c.Writer, page)
}

func (n *Newsroom) redirectToUpdate(c *gin.Context, outage string, id int64) {
	c.Redirect(http.StatusSeeOther, n.site.EditorUpdatePath(outage, id))
}
