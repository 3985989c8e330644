package pages

import (
	"slices"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/static"
)

// maxInFeed is the number of newest updates in a feed.
const maxInFeed = 50

func (p *pages) outageFeed(c *gin.Context) error {
	ctx := c.Request.Context()
	outage, err := p.store.Outage(ctx, c.Param("slug"))
	if err != nil {
		return err
	}
	updates, err := p.store.LatestUpdates(ctx, outage, maxInFeed)
	if err != nil {
		return err
	}
	slices.Reverse(updates)
	return p.pages.OutageFeed(c.Writer, static.OutagePage{Outage: views.Outage(outage), Updates: views.Updates(updates)})
}

func (p *pages) appFeed(c *gin.Context) error {
	ctx := c.Request.Context()
	app, err := p.store.App(ctx, c.Param("slug"))
	if err != nil {
		return err
	}
	found, err := p.store.UpdatesOfApp(ctx, app, maxInFeed)
	if err != nil {
		return err
	}
	updates := make([]models.Update, len(found))
	for i, u := range found {
		updates[i] = u.Update
	}
	entries := make([]static.FeedEntry, len(found))
	for i, update := range views.Updates(updates) {
		entries[i] = static.FeedEntry{Outage: views.Outage(found[i].Outage), Update: update}
	}
	return p.pages.AppFeed(c.Writer, views.App(app), entries)
}
