package pushtest

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// tokens caches verified Authorization headers: one token is used for thousands of pushes.
type tokens struct {
	mu       sync.RWMutex
	verified map[string]verifiedToken
}

type verifiedToken struct {
	key     string // that signed it
	expires time.Time
}

// maxTokens limits the cache if a sender signs a token for each push.
const maxTokens = 1000

// authorize checks the VAPID header (RFC 8292) and that its key is the one the
// subscription was made with.
func (t *tokens) authorize(header, key, origin string, now time.Time) error {
	t.mu.RLock()
	token, known := t.verified[header]
	t.mu.RUnlock()
	if !known || !now.Before(token.expires) {
		var err error
		if token, err = verifyHeader(header, origin, now); err != nil {
			return refuse(http.StatusUnauthorized, 109, err.Error())
		}
		t.remember(header, token)
	}
	if token.key != key {
		return refuse(http.StatusUnauthorized, 109, "VAPID public key mismatch")
	}
	return nil
}

func (t *tokens) remember(header string, token verifiedToken) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.verified) >= maxTokens {
		clear(t.verified)
	}
	t.verified[header] = token
}

// vapidHeader is RFC 8292 section 3 as all senders write it.
var vapidHeader = regexp.MustCompile(`^vapid t=([\w.-]+), ?k=([\w-]+)=*$`)

func verifyHeader(header, origin string, now time.Time) (verifiedToken, error) {
	parts := vapidHeader.FindStringSubmatch(header)
	if parts == nil {
		return verifiedToken{}, errors.New("the Authorization header is not of VAPID")
	}
	expires, err := verifyToken(parts[1], parts[2], origin, now)
	return verifiedToken{key: parts[2], expires: expires}, err
}

// verifyToken checks a token's ES256 signature and its claims, and says when it
// expires (RFC 8292 section 2).
func verifyToken(token, key, origin string, now time.Time) (time.Time, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}, errors.New("the token is not a JWT")
	}
	var header struct{ Alg string }
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if unmarshalPart(parts[0], &header) != nil || unmarshalPart(parts[1], &claims) != nil {
		return time.Time{}, errors.New("the token is not JSON")
	}
	if header.Alg != "ES256" {
		return time.Time{}, errors.New("alg must be ES256")
	}
	if err := verifySignature(parts[0]+"."+parts[1], parts[2], key); err != nil {
		return time.Time{}, err
	}
	expires := time.Unix(claims.Exp, 0)
	switch {
	case claims.Aud != origin:
		return time.Time{}, errors.New("aud is not this push service")
	case !now.Before(expires):
		return time.Time{}, errors.New("exp has passed")
	case expires.After(now.Add(24 * time.Hour)):
		return time.Time{}, errors.New("exp is more than 24 hours ahead")
	case !isContact(claims.Sub):
		return time.Time{}, errors.New("sub is not an https or mailto URL")
	}
	return expires, nil
}

func verifySignature(signed, signature, key string) error {
	public, err := parseVAPIDKey(key)
	if err != nil {
		return err
	}
	rs, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || len(rs) != 64 {
		return errors.New("the signature is not 64 bytes")
	}
	digest := sha256.Sum256([]byte(signed))
	if !ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(rs[:32]), new(big.Int).SetBytes(rs[32:])) {
		return errors.New("the signature is wrong")
	}
	return nil
}

// isContact reports whether a subject is a contact address (RFC 8292 section 2.1).
func isContact(sub string) bool {
	u, err := url.Parse(sub)
	return err == nil && (u.Scheme == "https" && u.Host != "" || u.Scheme == "mailto" && strings.Contains(u.Opaque, "@"))
}

func unmarshalPart(part string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}
