package pushtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// tokens remembers which tokens were good, by the key that signed them: one
// token serves thousands of pushes.
type tokens struct {
	mu       sync.RWMutex
	verified map[string]string
}

var vapidHeader = regexp.MustCompile(`^vapid t=([\w.-]+), ?k=([\w-]+)$`)

// authorize checks the VAPID header (RFC 8292) and that its key is the one the
// subscription was made with.
func (s *Server) authorize(header, key string) error {
	parts := vapidHeader.FindStringSubmatch(header)
	if parts == nil {
		return refuse(http.StatusUnauthorized, 109, "the Authorization header is not of VAPID")
	}
	token, signer := parts[1], parts[2]
	s.tokens.mu.RLock()
	verified := s.tokens.verified[token] == signer
	s.tokens.mu.RUnlock()
	if !verified {
		if err := verify(token, signer, s.url, time.Now()); err != nil {
			return refuse(http.StatusUnauthorized, 109, err.Error())
		}
		s.tokens.mu.Lock()
		s.tokens.verified[token] = signer
		s.tokens.mu.Unlock()
	}
	if signer != key {
		return refuse(http.StatusUnauthorized, 109, "VAPID public key mismatch")
	}
	return nil
}

// verify checks a token's ES256 signature and its claims (RFC 8292 section 2).
func verify(token, signer, origin string, now time.Time) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errors.New("the token is not a JWT")
	}
	if err := verifySignature(parts[0]+"."+parts[1], parts[2], signer); err != nil {
		return err
	}
	var header struct{ Alg string }
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if unmarshalPart(parts[0], &header) != nil || unmarshalPart(parts[1], &claims) != nil {
		return errors.New("the token is not JSON")
	}
	expires := time.Unix(claims.Exp, 0)
	switch {
	case header.Alg != "ES256":
		return errors.New("alg must be ES256")
	case claims.Aud != origin:
		return errors.New("aud is not this push service")
	case !now.Before(expires):
		return errors.New("exp has passed")
	case expires.After(now.Add(24 * time.Hour)):
		return errors.New("exp is more than 24 hours ahead")
	case !strings.HasPrefix(claims.Sub, "https:") && !strings.HasPrefix(claims.Sub, "mailto:"):
		return errors.New("sub is not an https or mailto URL")
	}
	return nil
}

func verifySignature(signed, signature, signer string) error {
	point, err := base64.RawURLEncoding.DecodeString(signer)
	if err != nil {
		return errors.New("k is not base64url")
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return errors.New("k is not a point on P-256")
	}
	rs, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || len(rs) != 64 {
		return errors.New("the signature is not 64 bytes")
	}
	digest := sha256.Sum256([]byte(signed))
	if !ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(rs[:32]), new(big.Int).SetBytes(rs[32:])) {
		return errors.New("the signature is wrong")
	}
	return nil
}

func unmarshalPart(part string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}
