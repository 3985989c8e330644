package pages

import (
	"slices"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/static"
)

func (p *pages) front(c *gin.Context) error {
	ctx := c.Request.Context()
	outages, err := p.store.Outages(ctx, maxListed)
	if err != nil {
		return err
	}
	apps, err := p.store.Apps(ctx)
	if err != nil {
		return err
	}
	covered := slices.DeleteFunc(apps, func(app models.App) bool { return app.RetiredAt != nil })
	page := static.FrontPage{Apps: views.Apps(covered)}
	for _, outage := range outages {
		if outage.State == models.Ongoing {
			page.Ongoing = append(page.Ongoing, views.Outage(outage))
		} else {
			page.Past = append(page.Past, views.Outage(outage))
		}
	}
	return p.pages.Front(c.Writer, page)
}

func (p *pages) preferences(c *gin.Context) error {
	return p.pages.Preferences(c.Writer, static.PreferencesPage{})
}
