package newsroom

import (
	"errors"
	"strconv"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

func (n *Newsroom) personPage(c *gin.Context) error { return n.showPerson(c, "") }

func (n *Newsroom) showPerson(c *gin.Context, conflict string) error {
	person, err := n.personOf(c)
	if err != nil {
		return err
	}
	return n.pages.EditorPerson(c.Writer, static.EditorPersonPage{Actor: actorOf(c), Person: personView(person, c), Conflict: conflict})
}

func (n *Newsroom) changeRole(c *gin.Context) error {
	return n.changePerson(c, func(id int64) error {
		return n.store.ChangeRole(c.Request.Context(), id, models.Role(c.PostForm("role")), sessionOf(c).Actor())
	})
}

func (n *Newsroom) removePerson(c *gin.Context) error {
	return n.changePerson(c, func(id int64) error {
		return n.store.RemovePerson(c.Request.Context(), id, sessionOf(c).Actor())
	})
}

// changePerson makes a change and redirects to the list of people, which chiefs who have
// changed themselves may not see any more.
func (n *Newsroom) changePerson(c *gin.Context, change func(id int64) error) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	switch err := change(id); {
	case errors.Is(err, models.ErrLastChief):
		return n.showPerson(c, "This is the last chief. Make somebody else a chief first, so that the newsroom can still invite people.")
	case err != nil:
		return err
	}
	if id == sessionOf(c).Person.ID {
		n.redirect(c, "")
		return nil
	}
	n.redirect(c, "/people")
	return nil
}

// makeResetLink makes a link to set a new password and shows it, once.
func (n *Newsroom) makeResetLink(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	invitation, secret, err := n.store.InviteToReset(c.Request.Context(), id, sessionOf(c).Actor())
	if errors.Is(err, models.ErrNoPassword) {
		return n.showPerson(c, "Your organisation signs this person in, so there is no password to reset.")
	}
	if err != nil {
		return err
	}
	return n.showLink(c, invitation, secret)
}

// personOf returns the person named in a request's path.
func (n *Newsroom) personOf(c *gin.Context) (models.Person, error) {
	id, err := pathID(c)
	if err != nil {
		return models.Person{}, err
	}
	return n.store.Person(c.Request.Context(), id)
}

// pathID returns the ID in a request's path.
func pathID(c *gin.Context) (int64, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return 0, models.ErrNotFound
	}
	return id, nil
}
