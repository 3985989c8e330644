package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

func (s *server) signInPage(c *gin.Context) error {
	return s.pages.EditorSignIn(c.Writer, static.EditorSignInPage{})
}

// signIn opens a session with a token.
func (s *server) signIn(c *gin.Context) error {
	ctx, address := c.Request.Context(), s.countedAs(c.Request)
	if s.tokenGuesses.spent(address) {
		s.warnOfProxy(c.Request)
		c.Header("Retry-After", retryAfterGuesses)
		s.failWith(c, http.StatusTooManyRequests)
		return nil
	}
	token, err := s.store.Authenticate(ctx, strings.TrimSpace(c.PostForm("token")))
	if errors.Is(err, models.ErrUnauthorized) {
		s.tokenGuesses.wrong(c.Writer, c.Request, address)
		return s.pages.EditorSignIn(c.Writer, static.EditorSignInPage{Problem: "This token is not known, or has been revoked."})
	}
	if err != nil {
		return err
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionToken, token.ID)
	c.Redirect(http.StatusSeeOther, s.site.Root()+"/editor")
	return nil
}

func (s *server) signOut(c *gin.Context) error {
	if err := s.sessions.Destroy(c.Request.Context()); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, s.site.Root()+"/editor/sign-in")
	return nil
}

// signedIn lets only editors through; a token that has been revoked since ends
// the session.
func (s *server) signedIn(c *gin.Context) {
	ctx := c.Request.Context()
	token, err := s.store.TokenByID(ctx, s.sessions.GetInt64(ctx, sessionToken))
	switch {
	case errors.Is(err, models.ErrUnauthorized):
		c.Redirect(http.StatusSeeOther, s.site.Root()+"/editor/sign-in")
		c.Abort()
	case err != nil:
		s.fail(c, err)
	default:
		c.Set(sessionToken, token)
	}
}

// actor is the editor that signedIn let through.
func actor(c *gin.Context) models.Token { return c.MustGet(sessionToken).(models.Token) }
