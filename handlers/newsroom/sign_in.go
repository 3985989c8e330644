package newsroom

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/limit"
	"newsbell/models"
	"newsbell/static"
)

func (n *Newsroom) signInPage(c *gin.Context) error {
	return n.pages.EditorSignIn(c.Writer, static.EditorSignInPage{})
}

// signIn starts a session with a token.
func (n *Newsroom) signIn(c *gin.Context) error {
	ctx, address := c.Request.Context(), n.clients.Key(c.Request)
	if n.guesses.Exhausted(address) {
		n.clients.WarnOfSharedLimit(c.Request)
		c.Header("Retry-After", limit.GuessRetryAfter)
		n.errors.Abort(c, http.StatusTooManyRequests)
		return nil
	}
	token, err := n.store.Authenticate(ctx, strings.TrimSpace(c.PostForm("token")))
	if errors.Is(err, models.ErrUnauthorized) {
		n.guesses.CountWrong(c.Writer, c.Request, address)
		return n.pages.EditorSignIn(c.Writer, static.EditorSignInPage{Problem: "This token is unknown or has been revoked."})
	}
	if err != nil {
		return err
	}
	if err := n.sessions.RenewToken(ctx); err != nil {
		return err
	}
	n.sessions.Put(ctx, sessionToken, token.ID)
	c.Redirect(http.StatusSeeOther, n.site.Root()+"/editor")
	return nil
}

func (n *Newsroom) signOut(c *gin.Context) error {
	if err := n.sessions.Destroy(c.Request.Context()); err != nil {
		return err
	}
	n.redirectToSignIn(c)
	return nil
}

// needEditor admits only editors who have signed in and whose token has not been revoked
// since.
func (n *Newsroom) needEditor(c *gin.Context) {
	ctx := c.Request.Context()
	token, err := n.store.TokenByID(ctx, n.sessions.GetInt64(ctx, sessionToken))
	switch {
	case errors.Is(err, models.ErrUnauthorized):
		n.redirectToSignIn(c)
		c.Abort()
	case err != nil:
		n.errors.Fail(c, err)
	default:
		c.Set(sessionToken, token)
	}
}

func (n *Newsroom) redirectToSignIn(c *gin.Context) {
	c.Redirect(http.StatusSeeOther, n.site.Root()+"/editor/sign-in")
}

// editorOf returns the token of the editor that needEditor admitted.
func editorOf(c *gin.Context) models.Token { return c.MustGet(sessionToken).(models.Token) }
