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
	secret, err := n.store.OpenTokenSession(ctx, token, browserName(c.Request.UserAgent()))
	if err != nil {
		return err
	}
	return n.startSession(c, secret)
}

func (n *Newsroom) signOut(c *gin.Context) error {
	if err := n.endSession(c); err != nil {
		return err
	}
	n.redirectToSignIn(c)
	return nil
}

func (n *Newsroom) redirectToSignIn(c *gin.Context) {
	c.Redirect(http.StatusSeeOther, n.site.Root()+"/editor/sign-in")
}
