package webpush

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/SherClockHolmes/webpush-go"
	"github.com/golang-jwt/jwt/v5"

	"newsbell/models"
)

const (
	// A token is valid for 12 to 14 hours (RFC 8292 §2 allows 24), so that the tokens of many
	// origins do not all expire at once, and is replaced an hour before it expires.
	tokenLife   = 12 * time.Hour
	tokenSpread = 2 * time.Hour
	tokenSpare  = time.Hour
	// A refused token is replaced if it is an hour old: Apple allows at most one new token
	// an hour.
	tokenRefusedAfter = time.Hour
	// clockSlack is how far the clock may go back before a token counts as signed in the
	// future.
	clockSlack = time.Minute
	// maxTokens limits the memory for invented hosts below *.push.apple.com and the like.
	maxTokens = 1000
)

// GenerateVAPIDKeys returns a new key pair: a scalar of 32 bytes and an uncompressed point of
// 65 bytes, both as base64url without padding.
func GenerateVAPIDKeys() (private, public string, err error) {
	private, public, err = webpush.GenerateVAPIDKeys()
	if err != nil {
		return "", "", fmt.Errorf("generate VAPID keys: %w", err)
	}
	return private, public, nil
}

// VAPIDKey signs requests to push services (RFC 8292). It caches one token for each origin
// for half a day. Safe for concurrent use.
type VAPIDKey struct {
	ID int64

	private *ecdsa.PrivateKey
	public  string
	secret  string
	subject string
	now     func() time.Time

	mu     sync.RWMutex
	tokens map[string]token // by origin
}

type token struct {
	header string
	// signedAt and renewAt are wall-clock times, without a monotonic reading, because
	// another machine checks the token.
	signedAt, renewAt time.Time
}

// isGood reports whether a token may be used. A token from the future was signed before the
// clock was set back.
func (t token) isGood(now time.Time) bool {
	return now.Before(t.renewAt) && !now.Before(t.signedAt.Add(-clockSlack))
}

// NewVAPIDKey prepares a stored key for signing. The subject is the contact for push
// services: an "https:" or "mailto:" URL of a public domain (RFC 8292 §2.1; Apple rejects
// others). It returns an error if the private key is not a scalar of P-256 or does not
// match the public key.
func NewVAPIDKey(key models.VAPIDKey, subject string) (*VAPIDKey, error) {
	scalar, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(key.PrivateKey, "="))
	if err != nil {
		return nil, fmt.Errorf("VAPID key %d: private key is not base64url", key.ID)
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		return nil, fmt.Errorf("VAPID key %d: private key: %w", key.ID, err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("VAPID key %d: public key: %w", key.ID, err)
	}
	public := base64.RawURLEncoding.EncodeToString(point)
	if public != strings.TrimRight(key.PublicKey, "=") {
		return nil, fmt.Errorf("VAPID key %d: the public key does not match the private key", key.ID)
	}
	if err := CheckSubject(subject); err != nil {
		return nil, fmt.Errorf("VAPID subject %q: %w", subject, err)
	}
	return &VAPIDKey{
		ID:      key.ID,
		private: private,
		public:  public,
		secret:  base64.RawURLEncoding.EncodeToString(scalar),
		subject: subject,
		now:     time.Now,
		tokens:  map[string]token{},
	}, nil
}

// PublicKey returns the uncompressed point as base64url without padding, the form that
// browsers accept as applicationServerKey.
func (k *VAPIDKey) PublicKey() string { return k.public }

// Authorization returns the Authorization header for an origin: the token and the public key
// (RFC 8292 §3).
func (k *VAPIDKey) Authorization(origin string) (string, error) {
	t, err := k.token(origin)
	return t.header, err
}

// Refused makes the next push to an origin use a new token, if the current one is an hour
// old. Tokens that were signed with a wrong clock are replaced anyway once it is corrected.
func (k *VAPIDKey) Refused(origin string) {
	now := k.now().Round(0)
	k.mu.Lock()
	defer k.mu.Unlock()
	if t, ok := k.tokens[origin]; ok && now.Sub(t.signedAt) >= tokenRefusedAfter {
		delete(k.tokens, origin)
	}
}

func (k *VAPIDKey) token(origin string) (token, error) {
	now := k.now().Round(0)
	k.mu.RLock()
	t, ok := k.tokens[origin]
	k.mu.RUnlock()
	if ok && t.isGood(now) {
		return t, nil
	}

	k.mu.Lock()
	defer k.mu.Unlock()
	if t, ok := k.tokens[origin]; ok && t.isGood(now) {
		return t, nil
	}
	t, err := k.sign(origin, now, now.Add(tokenLife+mathrand.N(tokenSpread)))
	if err != nil {
		return t, fmt.Errorf("sign VAPID token for %s: %w", origin, err)
	}
	k.makeRoom()
	k.tokens[origin] = t
	return t, nil
}

// sign returns a JWT signed with ES256 (RFC 7518 §3.4).
func (k *VAPIDKey) sign(origin string, now, expires time.Time) (token, error) {
	claims := jwt.MapClaims{"aud": origin, "exp": expires.Unix(), "sub": k.subject}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodES256, claims).SignedString(k.private)
	if err != nil {
		return token{}, err
	}
	return token{
		header:   "vapid t=" + signed + ", k=" + k.public,
		signedAt: now,
		renewAt:  expires.Add(-tokenSpare),
	}, nil
}

// makeRoom removes the token that expires first if there are too many.
func (k *VAPIDKey) makeRoom() {
	if len(k.tokens) < maxTokens {
		return
	}
	var oldest string
	for origin, t := range k.tokens {
		if oldest == "" || t.renewAt.Before(k.tokens[oldest].renewAt) {
			oldest = origin
		}
	}
	delete(k.tokens, oldest)
}
