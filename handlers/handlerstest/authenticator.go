package handlerstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// Authenticator is a device in software that holds one passkey (WebAuthn). Its fields may
// be changed to make it lie.
type Authenticator struct {
	// Origin is where its browser says that it is.
	Origin string
	// Handle and ID name the person and the passkey.
	Handle, ID []byte
	// Counter grows with each signature.
	Counter uint32
	// Unverified says that the user was not verified.
	Unverified bool

	key *ecdsa.PrivateKey
	t   *testing.T
}

// The flags of authenticator data (WebAuthn section 6.1): the user is present, was
// verified, and a new credential follows.
const userPresent, userVerified, hasCredential = 1 << 0, 1 << 2, 1 << 6

// NewAuthenticator returns an Authenticator without a passkey for an origin.
func NewAuthenticator(t *testing.T, origin string) *Authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 16)
	rand.Read(id)
	return &Authenticator{Origin: origin, ID: id, key: key, t: t}
}

// options are those parts of the server's options that matter here.
type options struct {
	PublicKey struct {
		Challenge        string
		RPID             string `json:"rpId"`
		User             struct{ ID string }
		RP               struct{ ID string }
		AllowCredentials []any
	}
}

// Create answers the options to make a passkey.
func (a *Authenticator) Create(answer Answer) map[string]any {
	a.t.Helper()
	var o options
	answer.Decode(a.t, http.StatusOK, &o)
	var err error
	if a.Handle, err = base64.RawURLEncoding.DecodeString(o.PublicKey.User.ID); err != nil {
		a.t.Fatal(err)
	}
	clientData := a.clientData("webauthn.create", o.PublicKey.Challenge)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": a.data(o.PublicKey.RP.ID, true)})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.credential(map[string]any{"clientDataJSON": encode(clientData), "attestationObject": encode(object)})
}

// Get answers the options to sign in.
func (a *Authenticator) Get(answer Answer) map[string]any {
	a.t.Helper()
	var o options
	answer.Decode(a.t, http.StatusOK, &o)
	if len(o.PublicKey.AllowCredentials) > 0 {
		a.t.Errorf("the options name passkeys: %v", o.PublicKey.AllowCredentials)
	}
	clientData, data := a.clientData("webauthn.get", o.PublicKey.Challenge), a.data(o.PublicKey.RPID, false)
	hash := sha256.Sum256(clientData)
	digest := sha256.Sum256(append(data[:len(data):len(data)], hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.credential(map[string]any{
		"clientDataJSON": encode(clientData), "authenticatorData": encode(data), "signature": encode(signature), "userHandle": encode(a.Handle),
	})
}

func (a *Authenticator) credential(response map[string]any) map[string]any {
	return map[string]any{
		"id": encode(a.ID), "rawId": encode(a.ID), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{},
	}
}

func (a *Authenticator) clientData(kind, challenge string) []byte {
	text, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false})
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

// data is the authenticator data.
func (a *Authenticator) data(rpID string, isNew bool) []byte {
	a.Counter++
	hash := sha256.Sum256([]byte(rpID))
	flags := byte(userPresent | userVerified)
	if a.Unverified {
		flags = userPresent
	}
	if isNew {
		flags |= hasCredential
	}
	data := binary.BigEndian.AppendUint32(append(hash[:], flags), a.Counter)
	if !isNew {
		return data
	}
	data = append(data, make([]byte, 16)...) // no model
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(a.ID))), a.ID...)
	return append(data, a.publicKey()...)
}

// publicKey is the public key in COSE (RFC 9053): ES256 on P-256.
func (a *Authenticator) publicKey() []byte {
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	encoding, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		a.t.Fatal(err)
	}
	key, err := encoding.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		a.t.Fatal(err)
	}
	return key
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// Ask posts JSON as a script of a page does.
func (w *Web) Ask(path string, body any) Answer {
	w.t.Helper()
	return w.Call(http.MethodPost, path, "", body, "Sec-Fetch-Site", "same-origin")
}

// AddPasskey adds a passkey to the person who has signed in.
func (w *Web) AddPasskey(a *Authenticator) {
	w.t.Helper()
	made := a.Create(w.Ask("/editor/account/passkeys/options", nil))
	w.Ask("/editor/account/passkeys", map[string]any{"name": "phone", "credential": made}).WantStatus(w.t, http.StatusCreated)
}

// RemoveCookies forgets all cookies, as another browser has none.
func (w *Web) RemoveCookies() { w.Client.Jar = newJar(w.t) }

// CookiesOf returns the newsroom's cookies whose names begin with a prefix, the oldest first,
// as "name=value".
func (w *Web) CookiesOf(prefix string) (found []string) {
	site, err := url.Parse(w.Origin + "/editor/")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, cookie := range w.Client.Jar.Cookies(site) {
		if strings.HasPrefix(cookie.Name, prefix) {
			found = append(found, cookie.Name+"="+cookie.Value)
		}
	}
	return found
}
