package newsroom

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/models"
)

const (
	// cookieName is the name of the cookie with a session's secret.
	cookieName = "newsbell_editor"
	// sessionKey is the key of the session in a request's context.
	sessionKey = "session"
)

// needSession admits only people who have signed in.
func (n *Newsroom) needSession(c *gin.Context) {
	ctx := c.Request.Context()
	session, err := n.store.SessionBySecret(ctx, secretOf(c))
	switch {
	case errors.Is(err, models.ErrUnauthorized):
		c.Header("Cache-Control", "no-store")
		n.redirectToSignInAgain(c)
		c.Abort()
		return
	case err != nil:
		n.errors.Fail(c, err)
		return
	}
	if err := n.store.UseSession(ctx, session); err != nil {
		n.errors.LogFailure(ctx, "a session's last use was not recorded", "error", err)
	}
	c.Set(sessionKey, session)
}

// sessionOf returns the session that needSession admitted.
func sessionOf(c *gin.Context) models.Session { return c.MustGet(sessionKey).(models.Session) }

// startSession starts the session of a secret and redirects to the newsroom, or to the
// outage that the sign-in came from.
func (n *Newsroom) startSession(c *gin.Context, secret string) error {
	if err := n.replaceSession(c, secret); err != nil {
		return err
	}
	n.redirect(c, pathAfterSignIn(c))
	return nil
}

// replaceSession ends the browser's session, if it has one, and starts the one of a
// secret.
func (n *Newsroom) replaceSession(c *gin.Context, secret string) error {
	if err := n.store.SignOut(c.Request.Context(), secretOf(c)); err != nil {
		return err
	}
	n.setCookie(c, secret, int(models.SessionLife.Seconds()))
	return nil
}

// endSession ends the browser's session.
func (n *Newsroom) endSession(c *gin.Context) error {
	if err := n.store.SignOut(c.Request.Context(), secretOf(c)); err != nil {
		return err
	}
	n.setCookie(c, "", -1)
	return nil
}

func (n *Newsroom) setCookie(c *gin.Context, secret string, maxAge int) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: cookieName, Value: secret, MaxAge: maxAge, Path: n.site.Root() + "/",
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(n.site.BaseURL, "https://"),
	})
}

// secretOf returns the secret in the cookie of a request; empty if it has none.
func secretOf(c *gin.Context) string {
	cookie, err := c.Request.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return cookie.Value
}
