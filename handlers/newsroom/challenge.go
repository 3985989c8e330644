package newsroom

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/models"
)

// challengeCookie is the name of the cookie with the secret of the challenge of a kind that
// a browser must answer. While somebody is at the identity provider, another tab may ask
// for a passkey.
func challengeCookie(kind models.ChallengeKind) string {
	return "newsbell_challenge_" + strings.ReplaceAll(string(kind), " ", "_")
}

// challenge stores a challenge and answers with the options for the browser.
func (n *Newsroom) challenge(c *gin.Context, challenge models.Challenge, options any) error {
	secret, err := n.store.AddChallenge(c.Request.Context(), challenge)
	if err != nil {
		return err
	}
	n.setChallengeCookie(c, challenge.Kind, secret, int(models.ChallengeLife.Seconds()), http.SameSiteStrictMode)
	c.JSON(http.StatusOK, options)
	return nil
}

// takeChallenge returns the browser's challenge of a kind, which ends.
func (n *Newsroom) takeChallenge(c *gin.Context, kind models.ChallengeKind) (models.Challenge, error) {
	cookie, err := c.Request.Cookie(challengeCookie(kind))
	if err != nil {
		return models.Challenge{}, models.ErrUnauthorized
	}
	n.setChallengeCookie(c, kind, "", -1, http.SameSiteStrictMode)
	return n.store.TakeChallenge(c.Request.Context(), kind, cookie.Value)
}

func (n *Newsroom) setChallengeCookie(c *gin.Context, kind models.ChallengeKind, secret string, maxAge int, sameSite http.SameSite) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: challengeCookie(kind), Value: secret, MaxAge: maxAge, Path: n.site.Root() + "/editor",
		HttpOnly: true, SameSite: sameSite, Secure: strings.HasPrefix(n.site.BaseURL, "https://"),
	})
}
