// Package webpush encrypts messages for browsers (RFC 8291), signs them with VAPID
// keys (RFC 8292) and sends them to push services (RFC 8030). It knows nothing of
// alerts or of the database.
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
	// Key signs the request. It must be the one the subscription was made with.
	Key *VAPIDKey
	// Payload is what the reader gets, of [MaxPayload] bytes at most.
	Payload []byte
	// TTL is how long the push service keeps the message for a reader who is
	// away (RFC 8030 §5.2), sent in whole seconds from 1 to 28 days.
	TTL     time.Duration
	Urgency Urgency
	// Topic lets a later message replace one not yet delivered (RFC 8030 §5.4):
	// at most 32 characters of base64url, or none.
	Topic string

	target   *url.URL // what [Push.Target] returned last
	targetOf string   // the endpoint that it is parsed from
}

// Urgency tells a device that saves power whether to wake up (RFC 8030 §5.3).
type Urgency = webpush.Urgency

const (
	UrgencyNormal = webpush.UrgencyNormal
	UrgencyHigh   = webpush.UrgencyHigh
)

// maxTTL is the longest that FCM accepts; others shorten it themselves.
const maxTTL = 28 * 24 * time.Hour

// ttlSeconds is at least one: WNS refuses zero.
func (p *Push) ttlSeconds() int {
	return int(min(max(p.TTL, time.Second), maxTTL) / time.Second)
}

// Target parses the endpoint. Its host is the push service's name, and in
// normal form as the audience of a token must be (RFC 8292 §2).
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

// origin is the target's scheme and host.
func origin(target *url.URL) string { return target.Scheme + "://" + target.Host }
