// Package secrets makes the secrets that address subscriptions and tokens, and their hashes.
package secrets

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// New makes a secret of 256 random bits and the hash to store of it.
func New() (secret string, hash []byte) {
	raw := make([]byte, 32)
	rand.Read(raw)
	secret = base64.RawURLEncoding.EncodeToString(raw)
	return secret, Hash(secret)
}

// Hash needs no salt and no stretching: secrets are random, not chosen.
func Hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
