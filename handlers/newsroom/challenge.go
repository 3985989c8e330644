package newsroom

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/passkeys"
	"newsbell/models"
)

// maxChallenges is how many challenges of a kind a browser has at a time: about one for each
// open tab.
const maxChallenges = 8

// challengeCookies is how the names of the cookies begin that have the secrets of a kind of
// challenges.
func challengeCookies(kind models.ChallengeKind) string {
	return "newsbell_challenge_" + strings.ReplaceAll(string(kind), " ", "_") + "_"
}

// challengeCookie is the name of the cookie with the secret of one challenge, so that each
// of several tabs can answer its own. The answer repeats what was asked, which is random.
func challengeCookie(kind models.ChallengeKind, asked string) string {
	return challengeCookies(kind) + asked[:min(len(asked), 16)]
}

// challenge stores a challenge and answers with the options for the browser.
func (n *Newsroom) challenge(c *gin.Context, challenge models.Challenge, begun passkeys.Begun) error {
	challenge.Data = begun.State
	if err := n.addChallenge(c, challenge, begun.Challenge, http.SameSiteStrictMode); err != nil {
		return err
	}
	c.JSON(http.StatusOK, begun.Options)
	return nil
}

// addChallenge stores a challenge, and its secret in the browser. The browser's oldest one
// ends if there are too many, so that reloading a page does not fill a request's header.
func (n *Newsroom) addChallenge(c *gin.Context, challenge models.Challenge, asked string, sameSite http.SameSite) error {
	secret, err := n.store.AddChallenge(c.Request.Context(), challenge)
	if err != nil {
		return err
	}
	var open []string // browsers send the oldest first (RFC 6265 section 5.4)
	for _, cookie := range c.Request.Cookies() {
		if strings.HasPrefix(cookie.Name, challengeCookies(challenge.Kind)) {
			open = append(open, cookie.Name)
		}
	}
	for _, name := range open[:max(0, len(open)-maxChallenges+1)] {
		n.setChallengeCookie(c, name, "", sameSite)
	}
	n.setChallengeCookie(c, challengeCookie(challenge.Kind, asked), secret, sameSite)
	return nil
}

// takeChallenge returns the browser's challenge of a kind that asked for something, which
// ends.
func (n *Newsroom) takeChallenge(c *gin.Context, kind models.ChallengeKind, asked string) (models.Challenge, error) {
	cookie, err := c.Request.Cookie(challengeCookie(kind, asked))
	if err != nil {
		return models.Challenge{}, models.ErrUnauthorized
	}
	n.setChallengeCookie(c, cookie.Name, "", http.SameSiteStrictMode)
	return n.store.TakeChallenge(c.Request.Context(), kind, cookie.Value)
}

// setChallengeCookie sets a cookie or, without a secret, removes it.
func (n *Newsroom) setChallengeCookie(c *gin.Context, name, secret string, sameSite http.SameSite) {
	maxAge := int(models.ChallengeLife.Seconds())
	if secret == "" {
		maxAge = -1
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: name, Value: secret, MaxAge: maxAge, Path: n.site.Root() + "/editor",
		HttpOnly: true, SameSite: sameSite, Secure: strings.HasPrefix(n.site.BaseURL, "https://"),
	})
}
