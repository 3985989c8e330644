package newsroom

import (
	"errors"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

// invitationPage shows the form of an invitation or a reset link. It changes nothing, as
// programs that check mail open links too.
func (n *Newsroom) invitationPage(c *gin.Context) error {
	return n.showInvitation(c, static.EditorInvitationPage{})
}

func (n *Newsroom) showInvitation(c *gin.Context, page static.EditorInvitationPage) error {
	page.Secret = c.Param("secret")
	invitation, err := n.store.Invitation(c.Request.Context(), page.Secret)
	if errors.Is(err, models.ErrNotFound) {
		return n.pages.EditorInvitationEnded(c.Writer)
	}
	if err != nil {
		return err
	}
	page.HasPasskeys = n.passkeys != nil
	page.Resets, page.Role = invitation.Kind == models.KindReset, string(invitation.Role)
	if page.ChoosesEmail = invitation.Email == ""; !page.ChoosesEmail {
		page.Email = invitation.Email
	}
	return n.pages.EditorInvitation(c.Writer, page)
}

// acceptInvitation makes a person or sets a new password, and signs the person in.
func (n *Newsroom) acceptInvitation(c *gin.Context) error {
	person, err := n.useInvitation(c)
	if problems, ok := problemsOf(err); ok {
		return n.showInvitation(c, static.EditorInvitationPage{
			Name: c.PostForm("name"), Email: c.PostForm("email"), Problems: problems,
		})
	}
	if errors.Is(err, models.ErrNotFound) {
		return n.pages.EditorInvitationEnded(c.Writer)
	}
	if err != nil {
		return err
	}
	if n.passkeys == nil {
		return n.startPersonSession(c, person, "")
	}
	return n.startPersonSession(c, person, "/account/welcome")
}

func (n *Newsroom) useInvitation(c *gin.Context) (models.Person, error) {
	ctx, secret := c.Request.Context(), c.Param("secret")
	invitation, err := n.store.Invitation(ctx, secret)
	if err != nil {
		return models.Person{}, err
	}
	if invitation.Kind == models.KindReset {
		return n.store.ResetPassword(ctx, secret, c.PostForm("password"))
	}
	return n.store.AcceptInvitation(ctx, secret, models.NewPerson{
		Name: c.PostForm("name"), Email: c.PostForm("email"), Password: c.PostForm("password"),
	})
}
