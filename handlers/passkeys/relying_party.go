// Package passkeys is the newsroom's relying party (WebAuthn): it makes the options with
// which a browser adds or uses a passkey, and checks the browser's answers. It requires
// that the device has verified its user. It stores nothing.
package passkeys

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"newsbell/models"
	"newsbell/static"
)

// ErrRefused says that a browser's answer proves nothing: its signature, origin or
// challenge is wrong, or the user was not verified.
var ErrRefused = errors.New("the passkey is refused")

// RelyingParty checks passkeys for the host of a site.
type RelyingParty struct{ web *webauthn.WebAuthn }

// New returns the relying party of a site, or nil if browsers do not use passkeys there:
// they need https or localhost, and a host with a name.
func New(site static.Site) (*RelyingParty, error) {
	host, canUse := hostOf(site.Origin())
	if !canUse {
		return nil, nil
	}
	web, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: site.Name, RPOrigins: []string{site.Origin()},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Timeout: models.ChallengeLife},
			Registration: webauthn.TimeoutConfig{Timeout: models.ChallengeLife},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys for %s: %w", host, err)
	}
	return &RelyingParty{web}, nil
}

// hostOf returns the host of an origin, and whether browsers use passkeys there.
func hostOf(origin string) (host string, canUse bool) {
	u, err := url.Parse(origin)
	if err != nil {
		return "", false
	}
	host = u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return host, false
	}
	return host, u.Scheme == "https" || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// Begun is what a browser is asked.
type Begun struct {
	// Options are for the browser, as JSON.
	Options any
	// Challenge is the random part of the options, which the answer repeats.
	Challenge string
	// State is what the check of the answer needs.
	State []byte
}

func begin(options any, session *webauthn.SessionData) (Begun, error) {
	state, err := json.Marshal(session)
	return Begun{options, session.Challenge, state}, err
}

// ChallengeOf returns the challenge that a browser's answer is for; empty if it does not
// say. Nothing is checked.
func ChallengeOf(answer []byte) string {
	var parts struct {
		Response struct {
			ClientData protocol.URLEncodedBase64 `json:"clientDataJSON"`
		} `json:"response"`
	}
	var said struct {
		Challenge string `json:"challenge"`
	}
	if json.Unmarshal(answer, &parts) != nil || json.Unmarshal(parts.Response.ClientData, &said) != nil {
		return ""
	}
	return said.Challenge
}

// BeginAdd returns the options with which a person's browser makes a passkey. handle names
// the person to the device, and existing are the person's passkeys, which the device does
// not make again.
func (r *RelyingParty) BeginAdd(person models.Person, handle []byte, existing []models.Passkey) (Begun, error) {
	of := user{person: person, handle: handle}
	for _, p := range existing {
		if err := of.add(p.Credential); err != nil {
			return Begun{}, err
		}
	}
	options, session, err := r.web.BeginRegistration(of, webauthn.WithExclusions(webauthn.Credentials(of.credentials).CredentialDescriptors()))
	if err != nil {
		return Begun{}, fmt.Errorf("make options of a passkey: %w", err)
	}
	return begin(options, session)
}

// FinishAdd checks the answer to BeginAdd and returns the new passkey, without a name. A
// wrong answer is [ErrRefused].
func (r *RelyingParty) FinishAdd(person models.Person, state, answer []byte) (models.Passkey, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal(state, &session); err != nil {
		return models.Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return models.Passkey{}, refused(err)
	}
	credential, err := r.web.CreateCredential(user{person: person, handle: session.UserID}, session, parsed)
	if err != nil {
		return models.Passkey{}, refused(err)
	}
	record, err := json.Marshal(credential)
	return models.Passkey{PersonID: person.ID, Handle: session.UserID, CredentialID: credential.ID, Credential: record}, err
}

// BeginSignIn returns the options with which a browser signs in with any passkey that it
// has for the site. They are the same for everybody, but for the challenge.
func (r *RelyingParty) BeginSignIn() (Begun, error) {
	options, session, err := r.web.BeginDiscoverableLogin()
	if err != nil {
		return Begun{}, fmt.Errorf("make options to sign in: %w", err)
	}
	return begin(options, session)
}

// SignedIn is a passkey whose signature is right.
type SignedIn struct {
	models.Passkey
	// Next is the credential to store, with the new counter.
	Next []byte
	// IsCopied is true if the counter did not grow, as it does on a single device: there
	// seems to be a copy of the private key.
	IsCopied bool
}

// FinishSignIn checks the answer to BeginSignIn. A wrong one, or one for which find
// returns [models.ErrUnauthorized], is [ErrRefused].
func (r *RelyingParty) FinishSignIn(state, answer []byte, find func(credentialID, handle []byte) (models.Passkey, error)) (SignedIn, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal(state, &session); err != nil {
		return SignedIn{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return SignedIn{}, refused(err)
	}
	var signedIn SignedIn
	var failed error // other than that there is no such passkey
	_, credential, err := r.web.ValidatePasskeyLogin(func(credentialID, handle []byte) (webauthn.User, error) {
		passkey, err := find(credentialID, handle)
		if err != nil {
			if !errors.Is(err, models.ErrUnauthorized) {
				failed = err
			}
			return nil, err
		}
		signedIn.Passkey = passkey
		of := user{person: *passkey.Person, handle: passkey.Handle}
		return &of, of.add(passkey.Credential)
	}, session, parsed)
	switch {
	case failed != nil:
		return SignedIn{}, failed
	case err != nil:
		return SignedIn{}, refused(err)
	}
	signedIn.IsCopied = credential.Authenticator.CloneWarning
	signedIn.Next, err = json.Marshal(credential)
	return signedIn, err
}

// refused wraps an error of the library, with its details, as an ErrRefused.
func refused(err error) error {
	if detailed, ok := errors.AsType[*protocol.Error](err); ok && detailed.DevInfo != "" {
		return fmt.Errorf("%w: %s: %s", ErrRefused, detailed.Details, detailed.DevInfo)
	}
	return fmt.Errorf("%w: %w", ErrRefused, err)
}

// user is a person as the library sees them.
type user struct {
	person      models.Person
	handle      []byte
	credentials []webauthn.Credential
}

func (u user) WebAuthnID() []byte                         { return u.handle }
func (u user) WebAuthnName() string                       { return u.person.Email }
func (u user) WebAuthnDisplayName() string                { return u.person.Name }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

func (u *user) add(record []byte) error {
	var credential webauthn.Credential
	if err := json.Unmarshal(record, &credential); err != nil {
		return fmt.Errorf("read passkey: %w", err)
	}
	u.credentials = append(u.credentials, credential)
	return nil
}
