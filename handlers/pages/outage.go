package pages

import (
	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/static"
)

// outage shows an outage with all of its updates.
func (p *pages) outage(c *gin.Context) error {
	ctx := c.Request.Context()
	outage, err := p.store.Outage(ctx, c.Param("slug"))
	if err != nil {
		return err
	}
	updates, err := p.store.Updates(ctx, outage)
	if err != nil {
		return err
	}
	return p.pages.Outage(c.Writer, static.OutagePage{Outage: views.Outage(outage), Updates: views.Updates(updates)})
}
