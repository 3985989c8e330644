package newsroom

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/limit"
	"newsbell/models"
	"newsbell/models/validation"
	"newsbell/static"
)

const (
	wrongToken    = "This token is unknown or has been revoked."
	wrongPassword = "The email address or the password is wrong."
	tokenNoLonger = "Tokens no longer sign in here: they are for programs. Sign in with your email address and password."
)

func (n *Newsroom) signInPage(c *gin.Context) error {
	there, err := n.store.HasPeople(c.Request.Context())
	if err != nil {
		return err
	}
	return n.showSignIn(c, static.EditorSignInPage{ByToken: !there})
}

// showSignIn writes the sign-in page with all ways to sign in, and the outage to return to.
func (n *Newsroom) showSignIn(c *gin.Context, page static.EditorSignInPage) error {
	page.WithPasskeys = n.passkeys != nil
	if n.openID != nil {
		page.OpenIDLabel = n.openID.Label()
	}
	page.Outage = cmp.Or(c.PostForm("outage"), c.Query("outage"))
	return n.pages.EditorSignIn(c.Writer, page)
}

// signIn starts a session with an email address and a password or, while there are no
// people, with a token.
func (n *Newsroom) signIn(c *gin.Context) error {
	if n.guesses.Exhausted(n.clients.Key(c.Request)) {
		n.refuseGuess(c)
		return nil
	}
	there, err := n.store.HasPeople(c.Request.Context())
	switch {
	case err != nil:
		return err
	case !there:
		return n.signInWithToken(c)
	case c.PostForm("token") != "":
		return n.showSignIn(c, static.EditorSignInPage{Problem: tokenNoLonger})
	}
	return n.signInWithPassword(c)
}

func (n *Newsroom) signInWithToken(c *gin.Context) error {
	ctx := c.Request.Context()
	token, err := n.store.Authenticate(ctx, strings.TrimSpace(c.PostForm("token")))
	if errors.Is(err, models.ErrUnauthorized) {
		n.guesses.CountWrong(c.Writer, c.Request, n.clients.Key(c.Request))
		return n.showSignIn(c, static.EditorSignInPage{ByToken: true, Problem: wrongToken})
	}
	if err != nil {
		return err
	}
	secret, err := n.store.OpenTokenSession(ctx, token, browserName(c.Request.UserAgent()))
	if err != nil {
		return err
	}
	return n.startSession(c, secret)
}

func (n *Newsroom) signInWithPassword(c *gin.Context) error {
	email := validation.NormalizeEmail(c.PostForm("email"))
	if n.mustWait(c, email) {
		n.refuseGuess(c)
		return nil
	}
	person, err := n.store.PersonByPassword(c.Request.Context(), email, c.PostForm("password"))
	switch {
	case errors.Is(err, models.ErrUnauthorized):
		n.guesses.CountWrong(c.Writer, c.Request, n.clients.Key(c.Request))
		n.passwordGuesses.CountWrong(c.Writer, c.Request, email)
		return n.showSignIn(c, static.EditorSignInPage{Email: c.PostForm("email"), Problem: wrongPassword})
	case err != nil:
		return err
	case n.mustWait(c, email): // of many guesses at once, the right one came after too many wrong ones
		n.refuseGuess(c)
		return nil
	}
	return n.startPersonSession(c, person, pathAfterSignIn(c))
}

// mustWait reports whether too many wrong passwords came from a client or for an email
// address.
func (n *Newsroom) mustWait(c *gin.Context, email string) bool {
	return n.guesses.Exhausted(n.clients.Key(c.Request)) || n.passwordGuesses.Exhausted(email)
}

// startPersonSession signs a person in and redirects to a path of the newsroom.
func (n *Newsroom) startPersonSession(c *gin.Context, person models.Person, path string) error {
	secret, err := n.store.OpenPersonSession(c.Request.Context(), person, browserName(c.Request.UserAgent()))
	if err != nil {
		return err
	}
	if err := n.replaceSession(c, secret); err != nil {
		return err
	}
	n.redirect(c, path)
	return nil
}

// refuseGuess answers a client that must wait after too many wrong guesses.
func (n *Newsroom) refuseGuess(c *gin.Context) {
	n.clients.WarnOfSharedLimit(c.Request)
	c.Header("Retry-After", limit.GuessRetryAfter)
	n.errors.Abort(c, http.StatusTooManyRequests)
}

func (n *Newsroom) signOut(c *gin.Context) error {
	if err := n.endSession(c); err != nil {
		return err
	}
	n.redirectToSignIn(c)
	return nil
}

func (n *Newsroom) redirectToSignIn(c *gin.Context) { n.redirect(c, "/sign-in") }

// pathAfterSignIn returns the path of the outage that the sign-in came from; empty for the
// newsroom.
func pathAfterSignIn(c *gin.Context) string {
	return pathOfOutage(cmp.Or(c.PostForm("outage"), c.Query("outage")))
}

func pathOfOutage(slug string) string {
	if validation.IsSlug(slug) {
		return "/outages/" + slug
	}
	return ""
}

// redirectToSignInAgain redirects to the sign-in, which returns to the outage of the
// request, if it has one.
func (n *Newsroom) redirectToSignInAgain(c *gin.Context) {
	if slug := c.Param("slug"); strings.HasPrefix(c.FullPath(), "/editor/outages/") && validation.IsSlug(slug) {
		n.redirect(c, "/sign-in?outage="+slug)
		return
	}
	n.redirectToSignIn(c)
}

// redirect redirects to a path of the newsroom after a form.
func (n *Newsroom) redirect(c *gin.Context, path string) {
	c.Redirect(http.StatusSeeOther, n.site.Root()+"/editor"+path)
}
