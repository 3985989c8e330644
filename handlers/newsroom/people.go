package newsroom

import (
	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

func (n *Newsroom) peoplePage(c *gin.Context) error {
	return n.showPeople(c, static.EditorPeoplePage{Role: string(models.RoleEditor)})
}

// showPeople writes the page of all people, with the given form.
func (n *Newsroom) showPeople(c *gin.Context, page static.EditorPeoplePage) error {
	ctx := c.Request.Context()
	people, err := n.store.People(ctx)
	if err != nil {
		return err
	}
	invitations, err := n.store.Invitations(ctx)
	if err != nil {
		return err
	}
	page.Actor = actorOf(c)
	for _, p := range people {
		page.People = append(page.People, personView(p, c))
	}
	for _, i := range invitations {
		page.Invitations = append(page.Invitations, static.EditorInvitation{ID: i.ID, Email: i.Email, Role: string(i.Role), Expires: i.ExpiresAt})
	}
	return n.pages.EditorPeople(c.Writer, page)
}

// invite makes an invitation and shows its link, once.
func (n *Newsroom) invite(c *gin.Context) error {
	email, role := c.PostForm("email"), c.PostForm("role")
	invitation, secret, err := n.store.Invite(c.Request.Context(), models.NewInvitation{
		Email: email, Role: models.Role(role), Actor: sessionOf(c).Actor(),
	})
	if problems, ok := problemsOf(err); ok {
		return n.showPeople(c, static.EditorPeoplePage{Email: email, Role: role, Problems: problems})
	}
	if err != nil {
		return err
	}
	return n.showLink(c, invitation, secret)
}

func (n *Newsroom) showLink(c *gin.Context, invitation models.Invitation, secret string) error {
	return n.pages.EditorLink(c.Writer, static.EditorLinkPage{
		Actor: actorOf(c), URL: n.site.InvitationURL(secret), Resets: invitation.Kind == models.KindReset,
		Email: invitation.Email, Role: string(invitation.Role), Expires: invitation.ExpiresAt,
	})
}

func (n *Newsroom) withdrawInvitation(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := n.store.WithdrawInvitation(c.Request.Context(), id, sessionOf(c).Actor()); err != nil {
		return err
	}
	n.redirect(c, "/people")
	return nil
}
