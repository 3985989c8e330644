package models

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// newSecret makes a secret of 256 random bits and the hash to store of it.
func newSecret() (secret string, hash []byte) {
	raw := make([]byte, 32)
	rand.Read(raw)
	secret = base64.RawURLEncoding.EncodeToString(raw)
	return secret, hashSecret(secret)
}

// hashSecret needs no salt and no stretching: secrets are random, not chosen.
func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
