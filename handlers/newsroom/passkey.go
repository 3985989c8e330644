package newsroom

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/passkeys"
	"newsbell/models"
	"newsbell/static"
)

const (
	// PasskeyOptionsPath is where browsers get a challenge without having signed in.
	PasskeyOptionsPath = "/editor/passkeys/options"
	// maxAnswer is the maximum size of a browser's answer to a challenge, in bytes.
	maxAnswer = 16 << 10
	// recently is how old a session may be to add a passkey, which outlasts the session:
	// somebody else may have found an open browser.
	recently = 10 * time.Minute

	passkeyRefused = "This passkey does not sign in here, or it took too long. Try again, or use your password."
	passkeyCopied  = "This passkey seems to have been copied, so it no longer signs in. Use your password, and remove the passkey from your account."
	passkeyNoted   = "The passkey could not be added, or it took too long. Try again."
	passkeyKnown   = "This passkey has already been added."
	onlyProvider   = "Your organisation signs you in, so you need no passkey here."
	noPassword     = "Your organisation signs you in, so you have no password here."
	signInFirst    = "You signed in too long ago to add a passkey. Sign out, sign in again and add it then."
)

func (n *Newsroom) beginPasskeySignIn(c *gin.Context) error {
	begun, err := n.passkeys.BeginSignIn()
	if err != nil {
		return err
	}
	return n.challenge(c, models.Challenge{Kind: models.ChallengePasskey}, begun)
}

// signInWithPasskey starts a session for the person of a passkey. Every refused answer
// gets the same words, and counts as a wrong password of its address.
func (n *Newsroom) signInWithPasskey(c *gin.Context) error {
	if n.guesses.Exhausted(n.clients.Key(c.Request)) {
		n.refuseGuess(c)
		return nil
	}
	signedIn, err := n.checkPasskey(c)
	if err == nil && signedIn.IsCopied {
		return n.suspendPasskey(c, signedIn)
	}
	var secret string
	if err == nil {
		secret, err = n.store.OpenPasskeySession(c.Request.Context(), signedIn.Passkey, signedIn.Next, browserName(c.Request.UserAgent()))
	}
	if isRefused(err) {
		n.guesses.CountWrong(c.Writer, c.Request, n.clients.Key(c.Request))
		n.log.Warn("a passkey is refused", "error", err)
		return answerProblem(c, passkeyRefused)
	}
	if err != nil {
		return err
	}
	if err := n.replaceSession(c, secret); err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"location": n.site.Root() + "/editor" + pathAfterSignIn(c)})
	return nil
}

func (n *Newsroom) checkPasskey(c *gin.Context) (passkeys.SignedIn, error) {
	answer, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return passkeys.SignedIn{}, err
	}
	challenge, err := n.takeChallenge(c, models.ChallengePasskey, passkeys.ChallengeOf(answer))
	if err != nil {
		return passkeys.SignedIn{}, err
	}
	return n.passkeys.FinishSignIn(challenge.Data, answer, func(credentialID, handle []byte) (models.Passkey, error) {
		return n.store.PasskeyByCredential(c.Request.Context(), credentialID, handle)
	})
}

func (n *Newsroom) suspendPasskey(c *gin.Context, signedIn passkeys.SignedIn) error {
	if err := n.store.SuspendPasskey(c.Request.Context(), signedIn.Passkey, signedIn.Next); err != nil && !isRefused(err) {
		return err
	}
	n.log.Warn("a passkey seems to have been copied: it no longer signs in", "person", signedIn.Person.Email, "passkey", signedIn.Name)
	return answerProblem(c, passkeyCopied)
}

// beginPasskey is not for people of an identity provider: a passkey would outlast the role
// that the provider gives.
func (n *Newsroom) beginPasskey(c *gin.Context) error {
	if !sessionOf(c).Person.HasPassword() {
		n.errors.Forbid(c, onlyProvider)
		return nil
	}
	if !n.isRecent(c) {
		n.errors.Forbid(c, signInFirst)
		return nil
	}
	person := *sessionOf(c).Person
	existing, err := n.store.Passkeys(c.Request.Context(), person.ID)
	if err != nil {
		return err
	}
	begun, err := n.passkeys.BeginAdd(person, handleOf(existing), existing)
	if err != nil {
		return err
	}
	return n.challenge(c, models.Challenge{Kind: models.ChallengeAddPasskey, PersonID: &person.ID}, begun)
}

// handleOf returns the handle of a person with these passkeys; a new one without any.
func handleOf(existing []models.Passkey) []byte {
	if len(existing) > 0 {
		return existing[0].Handle
	}
	handle := make([]byte, 32)
	rand.Read(handle)
	return handle
}

// addPasskey adds the passkey that a browser has made.
func (n *Newsroom) addPasskey(c *gin.Context) error {
	var made struct {
		Name       string          `json:"name"`
		Credential json.RawMessage `json:"credential"`
	}
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &made); err != nil {
		return answerProblem(c, passkeyNoted)
	}
	err = n.checkAndAdd(c, made.Name, made.Credential)
	switch problems, isInvalid := problemsOf(err); {
	case errors.Is(err, models.ErrConflict):
		return answerProblem(c, passkeyKnown)
	case isInvalid:
		return answerProblem(c, cmp.Or(problems.Of("passkey"), problems.Of("passkeys")))
	case isRefused(err):
		n.log.Warn("a new passkey is refused", "error", err)
		return answerProblem(c, passkeyNoted)
	case err != nil:
		return err
	}
	c.JSON(http.StatusCreated, gin.H{"location": n.site.Root() + "/editor/account?changed=passkey"})
	return nil
}

func (n *Newsroom) checkAndAdd(c *gin.Context, name string, answer []byte) error {
	challenge, err := n.takeChallenge(c, models.ChallengeAddPasskey, passkeys.ChallengeOf(answer))
	if err != nil {
		return err
	}
	person := *sessionOf(c).Person
	if challenge.PersonID == nil || *challenge.PersonID != person.ID {
		return fmt.Errorf("%w: the challenge was for somebody else", passkeys.ErrRefused)
	}
	passkey, err := n.passkeys.FinishAdd(person, challenge.Data, answer)
	if err != nil {
		return err
	}
	passkey.Name = name
	return n.store.AddPasskey(c.Request.Context(), passkey)
}

func (n *Newsroom) removePasskey(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return n.changed(c, "passkeys", "", n.store.RemovePasskey(c.Request.Context(), *sessionOf(c).Person, id))
}

// welcomePage offers a passkey to somebody who has just set a password.
func (n *Newsroom) welcomePage(c *gin.Context) error {
	view, err := n.passkeysView(c)
	if err != nil {
		return err
	}
	return n.pages.EditorWelcome(c.Writer, static.EditorWelcomePage{Actor: actorOf(c), Passkeys: view})
}

func (n *Newsroom) passkeysView(c *gin.Context) (static.EditorPasskeys, error) {
	view := static.EditorPasskeys{
		AreOffered: n.passkeys != nil, ByProvider: !sessionOf(c).Person.HasPassword(), MayAdd: n.isRecent(c), Name: browserName(c.Request.UserAgent()),
	}
	stored, err := n.store.Passkeys(c.Request.Context(), sessionOf(c).Person.ID)
	for _, p := range stored {
		view.List = append(view.List, static.EditorPasskey{
			ID: p.ID, Name: p.Name, Added: p.CreatedAt, LastUse: p.LastUsedAt, IsSuspended: p.SuspendedAt != nil,
		})
	}
	return view, err
}

func (n *Newsroom) isRecent(c *gin.Context) bool {
	return n.store.Now().Sub(sessionOf(c).CreatedAt) < recently
}

// needPasskeys limits the size of answers, and says that there is nothing where browsers
// do not use passkeys.
func (n *Newsroom) needPasskeys(c *gin.Context) {
	if n.passkeys == nil {
		n.errors.Abort(c, http.StatusNotFound)
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxAnswer)
}

func isRefused(err error) bool {
	return errors.Is(err, passkeys.ErrRefused) || errors.Is(err, models.ErrUnauthorized)
}

// answerProblem answers a script with words for its page.
func answerProblem(c *gin.Context, words string) error {
	c.JSON(http.StatusUnprocessableEntity, gin.H{"problem": words})
	return nil
}
