package newsroom

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/models"
)

// challengeCookie is the name of the cookie with the secret of the challenge that a
// browser must answer.
const challengeCookie = "newsbell_challenge"

// challenge stores a challenge and answers with the options for the browser.
func (n *Newsroom) challenge(c *gin.Context, challenge models.Challenge, options any) error {
	secret, err := n.store.AddChallenge(c.Request.Context(), challenge)
	if err != nil {
		return err
	}
	n.setChallengeCookie(c, secret, int(models.ChallengeLife.Seconds()), http.SameSiteStrictMode)
	c.JSON(http.StatusOK, options)
	return nil
}

// takeChallenge returns the browser's challenge of a kind, which ends.
func (n *Newsroom) takeChallenge(c *gin.Context, kind models.ChallengeKind) (models.Challenge, error) {
	cookie, err := c.Request.Cookie(challengeCookie)
	if err != nil {
		return models.Challenge{}, models.ErrUnauthorized
	}
	n.setChallengeCookie(c, "", -1, http.SameSiteStrictMode)
	return n.store.TakeChallenge(c.Request.Context(), kind, cookie.Value)
}

func (n *Newsroom) setChallengeCookie(c *gin.Context, secret string, maxAge int, sameSite http.SameSite) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: challengeCookie, Value: secret, MaxAge: maxAge, Path: n.site.Root() + "/editor",
		HttpOnly: true, SameSite: sameSite, Secure: strings.HasPrefix(n.site.BaseURL, "https://"),
	})
}
