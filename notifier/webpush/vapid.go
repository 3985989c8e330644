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
	// A token lives for 12 to 14 hours (RFC 8292 §2 allows 24), so that the
	// tokens of many origins do not all end at once, and is replaced an hour
	// before its end.
	tokenLife   = 12 * time.Hour
	tokenSpread = 2 * time.Hour
	tokenSpare  = time.Hour
	// A token that a push service refuses is replaced, if it is an hour old: Apple
	// wants no more than one an hour.
	tokenRefusedAfter = time.Hour
	// clockSlack is how far back the clock may go before a token is from the future.
	clockSlack = time.Minute
	// maxTokens bounds what hosts below *.push.apple.com and the like can use.
	maxTokens = 1000
)

// GenerateVAPIDKeys makes a key pair: the scalar of 32 bytes and the
// uncompressed point of 65, both base64url without padding.
func GenerateVAPIDKeys() (private, public string, err error) {
	private, public, err = webpush.GenerateVAPIDKeys()
	if err != nil {
		return "", "", fmt.Errorf("generate VAPID keys: %w", err)
	}
	return private, public, nil
}

// VAPIDKey signs requests to push services (RFC 8292). It makes one token for
// each origin and keeps it for half a day. Safe for concurrent use.
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
	// signedAt and renewAt are times on the wall, without a monotonic reading:
	// another machine judges the token.
	signedAt, renewAt time.Time
}

// isGood tells whether a token may be used. One from the future was signed
// before the clock was set back.
func (t token) isGood(now time.Time) bool {
	return now.Before(t.renewAt) && !now.Before(t.signedAt.Add(-clockSlack))
}

// NewVAPIDKey readies a stored key for signing. The subject tells push
// services who to contact: an "https:" or "mailto:" URL of a public domain
// (RFC 8292 §2.1; Apple refuses others). It fails on a private key that is not
// a scalar of P-256 or that does not belong to the public one.
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
		return nil, fmt.Errorf("VAPID key %d: the public key is not of this private key", key.ID)
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

// PublicKey is the uncompressed point, base64url without padding: what
// browsers take as applicationServerKey.
func (k *VAPIDKey) PublicKey() string { return k.public }

// Authorization is the header of a request to an origin: the token and the
// public key (RFC 8292 §3).
func (k *VAPIDKey) Authorization(origin string) (string, error) {
	t, err := k.token(origin)
	return t.header, err
}

// Refused lets the next push to an origin have a new token, if its token is an
// hour old. A wrong clock needs none of that: its tokens are replaced as soon as
// it is right.
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

// sign makes a JWT with ES256 (RFC 7518 §3.4).
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

// makeRoom forgets the token nearest its end when there are too many.
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
