// Package webpush encrypts messages for browsers (RFC 8291), signs them with VAPID
// keys (RFC 8292) and sends them to push services (RFC 8030). It knows nothing about
// alerts or the database.
package webpush

import (
	"fmt"
	"net/url"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"newsbell/models/endpoints"
)

// Push is one message to one subscription, ready to be encrypted and sent.
type Push struct {
	SubscriptionID int64
	// Endpoint is the push resource's URL (RFC 8030 §5): a secret, never logged.
	Endpoint string
	// P256DH is the reader's public key, an uncompressed point of 65 bytes.
	P256DH []byte
	// Auth is the reader's authentication secret of 16 bytes (RFC 8291 §3.2).
	Auth []byte
	// Key signs the request. It must be the key that the subscription was created with.
	Key *VAPIDKey
	// Payload is the plaintext, of at most [MaxPayload] bytes.
	Payload []byte
	// TTL is how long the push service keeps the message for an offline reader (RFC 8030
	// §5.2). It is sent in whole seconds, from 1 second to 28 days.
	TTL     time.Duration
	Urgency Urgency
	// Topic makes a later message replace one that is not delivered yet (RFC 8030 §5.4): at
	// most 32 characters of base64url, or empty.
	Topic string

	target   *url.URL // the last result of [Push.Target]
	targetOf string   // the endpoint that it was parsed from
}

// Urgency tells a device that saves power whether to wake up (RFC 8030 §5.3).
type Urgency = webpush.Urgency

const (
	UrgencyNormal = webpush.UrgencyNormal
	UrgencyHigh   = webpush.UrgencyHigh
)

// maxTTL is the maximum that FCM accepts; other push services shorten it themselves.
const maxTTL = 28 * 24 * time.Hour

// ttlSeconds returns at least 1, because WNS rejects 0.
func (p *Push) ttlSeconds() int {
	return int(min(max(p.TTL, time.Second), maxTTL) / time.Second)
}

// Target parses the endpoint. Its host, the name of the push service, is in the normal form
// that the audience of a token needs (RFC 8292 §2).
func (p *Push) Target() (*url.URL, error) {
	if p.target != nil && p.targetOf == p.Endpoint {
		return p.target, nil
	}
	u, err := url.Parse(p.Endpoint)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("subscription %d: endpoint is not a URL", p.SubscriptionID)
	}
	u.Host = endpoints.PushService(p.Endpoint)
	p.target, p.targetOf = u, p.Endpoint
	return u, nil
}

// origin returns the target's scheme and host.
func origin(target *url.URL) string { return target.Scheme + "://" + target.Host }
