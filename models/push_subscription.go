package models

import (
	"crypto/ecdh"
	"encoding/base64"
	"strings"

	"newsbell/models/endpoints"
	"newsbell/models/validation"
)

// Browser is what a browser's PushSubscription.toJSON returns: the endpoint, and the keys to
// encrypt with, in base64 of either alphabet, padded or not.
type Browser struct{ Endpoint, P256DH, Auth string }

// browserKeys are a Browser's values as the database keeps them.
type browserKeys struct{ endpointHash, p256dh, auth []byte }

func (b Browser) parse(p *validation.Problems, hosts endpoints.Allowlist) browserKeys {
	if err := hosts.Check(b.Endpoint); err != nil {
		p.Add("subscription.endpoint", "%s", err)
	}
	keys := browserKeys{endpointHash: endpoints.Hash(b.Endpoint)}
	var err error
	if keys.p256dh, err = decodeBase64(b.P256DH); err != nil {
		p.Add("subscription.keys.p256dh", "must be base64url")
	} else if _, err := ecdh.P256().NewPublicKey(keys.p256dh); err != nil {
		p.Add("subscription.keys.p256dh", "must be an uncompressed point on P-256")
	}
	if keys.auth, err = decodeBase64(b.Auth); err != nil {
		p.Add("subscription.keys.auth", "must be base64url")
	} else if len(keys.auth) != 16 {
		p.Add("subscription.keys.auth", "must be 16 bytes")
	}
	return keys
}

var base64Alphabet = strings.NewReplacer("+", "-", "/", "_")

func decodeBase64(s string) ([]byte, error) {
	return base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(base64Alphabet.Replace(s), "="))
}
