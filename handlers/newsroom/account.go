package newsroom

import (
	"errors"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

func (n *Newsroom) accountPage(c *gin.Context) error {
	return n.showAccount(c, sessionOf(c).Name(), nil)
}

// showAccount writes the page of the person's own account, with a name and problems of
// its forms.
func (n *Newsroom) showAccount(c *gin.Context, name string, problems static.FormProblems) error {
	here := sessionOf(c)
	sessions, err := n.store.Sessions(c.Request.Context(), here.Person.ID)
	if err != nil {
		return err
	}
	passkeys, err := n.passkeysView(c)
	if err != nil {
		return err
	}
	page := static.EditorAccountPage{
		Actor: actorOf(c), Passkeys: passkeys, Name: name, Email: here.Person.Email, Role: string(here.Person.Role), Problems: problems,
		HasPassword: here.Person.HasPassword(),
	}
	if len(problems) == 0 {
		page.Done = c.Query("changed")
	}
	if page.Browsers, err = n.browserViews(c); err != nil {
		return err
	}
	for _, s := range sessions {
		page.Sessions = append(page.Sessions, static.EditorSession{
			ID: s.ID, Browser: s.Browser, IsThis: s.ID == here.ID, Begun: s.CreatedAt, LastUse: s.LastUsedAt,
		})
	}
	return n.pages.EditorAccount(c.Writer, page)
}

func (n *Newsroom) changeName(c *gin.Context) error {
	name := c.PostForm("name")
	return n.changed(c, "name", name, n.store.ChangeName(c.Request.Context(), *sessionOf(c).Person, name))
}

// changePassword counts wrong current passwords as sign-in does: the session may be
// somebody else's.
func (n *Newsroom) changePassword(c *gin.Context) error {
	session := sessionOf(c)
	if n.passwordGuesses.Exhausted(session.Person.Email) {
		n.refuseGuess(c)
		return nil
	}
	err := n.store.ChangePassword(c.Request.Context(), session, c.PostForm("current"), c.PostForm("password"))
	if errors.Is(err, models.ErrNoPassword) {
		n.errors.Forbid(c, noPassword)
		return nil
	}
	if problems, _ := problemsOf(err); problems.Of("current") != "" {
		n.passwordGuesses.CountWrong(c.Writer, c.Request, session.Person.Email)
	}
	return n.changed(c, "password", session.Name(), err)
}

func (n *Newsroom) endOneSession(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return n.changed(c, "session", "", n.store.EndSession(c.Request.Context(), *sessionOf(c).Person, id))
}

func (n *Newsroom) signOutEverywhere(c *gin.Context) error {
	if err := n.store.SignOutEverywhere(c.Request.Context(), *sessionOf(c).Person); err != nil {
		return err
	}
	return n.signOut(c)
}

// changed redirects to the account's page, which says what has changed, or shows the
// problems of a form.
func (n *Newsroom) changed(c *gin.Context, what, name string, err error) error {
	if problems, ok := problemsOf(err); ok {
		return n.showAccount(c, name, problems)
	}
	if err != nil {
		return err
	}
	n.redirect(c, "/account?changed="+what)
	return nil
}

func personView(p models.Person, c *gin.Context) static.EditorPerson {
	actor := sessionOf(c).Person
	return static.EditorPerson{
		ID: p.ID, Name: p.Name, Email: p.Email, Role: string(p.Role), HasPassword: p.HasPassword(), IsActor: actor != nil && actor.ID == p.ID,
	}
}
