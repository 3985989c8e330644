package newsroom

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/openid"
	"newsbell/models"
	"newsbell/models/validation"
	"newsbell/static"
)

const (
	// OpenIDPath is where a sign-in at the identity provider begins, and OpenIDCallback is
	// where the provider sends people back to.
	OpenIDPath     = "/editor/openid"
	OpenIDCallback = OpenIDPath + "/callback"

	providerDown    = "Your organisation’s sign-in does not answer. Try again in a minute, or use your password here."
	providerRefused = "Your organisation’s sign-in was cancelled, or took too long. Try again."
	noRole          = "Your organisation has given you no role in this newsroom. Ask the people who manage its accounts."
	noAddress       = "Your organisation’s sign-in does not give your name and a verified email address. Ask the people who manage its accounts."
	addressTaken    = "There is already an account with your email address that was not made by your organisation’s sign-in. Sign in to it with its password."
	removedHere     = "Your account in this newsroom has been removed. Ask a chief."
)

// beginOpenID redirects to the identity provider.
func (n *Newsroom) beginOpenID(c *gin.Context) error {
	begun, err := n.openID.Begin(c.Request.Context())
	if errors.Is(err, openid.ErrUnreachable) {
		return n.showOpenIDProblem(c, err, providerDown)
	}
	if err != nil {
		return err
	}
	// The provider's redirect comes from another site.
	err = n.addChallenge(c, models.Challenge{Kind: models.ChallengeOpenID, Data: withOutage(c.Query("outage"), begun.Data)}, begun.State, http.SameSiteLaxMode)
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, begun.Address)
	return nil
}

// finishOpenID signs in the person that the identity provider sends back.
func (n *Newsroom) finishOpenID(c *gin.Context) error {
	identity, outage, err := n.checkIdentity(c)
	switch {
	case errors.Is(err, openid.ErrUnreachable):
		return n.showOpenIDProblem(c, err, providerDown)
	case errors.Is(err, openid.ErrNoRole):
		return n.showOpenIDProblem(c, err, noRole)
	case errors.Is(err, openid.ErrRefused), errors.Is(err, models.ErrUnauthorized):
		return n.showOpenIDProblem(c, err, providerRefused)
	case err != nil:
		return err
	}
	person, err := n.store.PersonByIdentity(c.Request.Context(), identity)
	_, isInvalid := problemsOf(err)
	switch {
	case errors.Is(err, models.ErrConflict):
		return n.showOpenIDProblem(c, err, addressTaken)
	case errors.Is(err, models.ErrUnauthorized):
		return n.showOpenIDProblem(c, err, removedHere)
	case isInvalid:
		return n.showOpenIDProblem(c, err, noAddress)
	case err != nil:
		return err
	}
	return n.startPersonSession(c, person, pathOfOutage(outage))
}

// withOutage adds the slug of the outage to return to, which may be empty, to the data of a
// challenge.
func withOutage(outage string, data []byte) []byte {
	if !validation.IsSlug(outage) {
		outage = ""
	}
	return append([]byte(outage+"\n"), data...)
}

// checkIdentity returns the person that the provider has signed in, and the slug of the
// outage to return to.
func (n *Newsroom) checkIdentity(c *gin.Context) (identity models.Identity, outage string, err error) {
	challenge, err := n.takeChallenge(c, models.ChallengeOpenID, c.Query("state"))
	if err != nil {
		return identity, "", err
	}
	if refusal := c.Query("error"); refusal != "" {
		return identity, "", openid.ErrRefused
	}
	slug, data, _ := bytes.Cut(challenge.Data, []byte("\n"))
	identity, err = n.openID.Finish(c.Request.Context(), data, c.Query("state"), c.Query("code"))
	return identity, string(slug), err
}

// showOpenIDProblem writes the sign-in page with words, and logs the cause.
func (n *Newsroom) showOpenIDProblem(c *gin.Context, cause error, words string) error {
	n.log.Warn("a sign-in at the identity provider failed", "error", cause)
	there, err := n.store.HasPeople(c.Request.Context())
	if err != nil {
		return err
	}
	return n.showSignIn(c, static.EditorSignInPage{ByToken: !there, OpenIDProblem: words})
}

// needOpenID says that there is nothing without an identity provider.
func (n *Newsroom) needOpenID(c *gin.Context) {
	if n.openID == nil {
		n.errors.Abort(c, http.StatusNotFound)
	}
}
