package pages

import (
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/static"
)

// maxQuery is the maximum length of a query, in bytes; the rest is ignored.
const maxQuery = 400

func (p *pages) search(c *gin.Context) error {
	query := strings.TrimSpace(c.Query("q"))
	query = strings.ReplaceAll(strings.ToValidUTF8(query[:min(len(query), maxQuery)], ""), "\x00", "")
	outages, err := p.store.SearchOutages(c.Request.Context(), query, maxListed)
	if err != nil {
		return err
	}
	return p.pages.Search(c.Writer, static.SearchPage{Query: query, Outages: views.Outages(outages)})
}
