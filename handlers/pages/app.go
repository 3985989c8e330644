package pages

import (
	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/static"
)

// app shows an app with its outages.
func (p *pages) app(c *gin.Context) error {
	ctx := c.Request.Context()
	app, err := p.store.App(ctx, c.Param("slug"))
	if err != nil {
		return err
	}
	outages, err := p.store.OutagesOfApp(ctx, app, maxListed)
	if err != nil {
		return err
	}
	return p.pages.App(c.Writer, static.AppPage{App: views.App(app), Outages: views.Outages(outages)})
}
