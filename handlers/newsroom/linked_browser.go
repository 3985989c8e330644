package newsroom

import (
	"errors"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

const unknownBrowser = "could not be linked. Open Preferences in it, then try again"

// linkBrowser links the browser that sends its subscription's secret to its user.
func (n *Newsroom) linkBrowser(c *gin.Context) error {
	session := sessionOf(c)
	_, err := n.store.LinkBrowser(c.Request.Context(), *session.Person, c.PostForm("secret"), browserName(c.Request.UserAgent()))
	if errors.Is(err, models.ErrUnauthorized) {
		return n.showAccount(c, session.Name(), static.FormProblems{{Field: "browser", Words: unknownBrowser}})
	}
	return n.changed(c, "browser", session.Name(), err)
}

func (n *Newsroom) unlinkBrowser(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return n.changed(c, "browsers", "", n.store.UnlinkBrowser(c.Request.Context(), *sessionOf(c).Person, id))
}

func (n *Newsroom) browserViews(c *gin.Context) (views []static.EditorBrowser, err error) {
	linked, err := n.store.LinkedBrowsers(c.Request.Context(), sessionOf(c).Person.ID)
	for _, browser := range linked {
		views = append(views, static.EditorBrowser{ID: browser.ID, Name: browser.Name, Linked: browser.CreatedAt})
	}
	return views, err
}
