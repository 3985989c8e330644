package notifier

import (
	"fmt"
	"net/url"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"newsbell/models"
)

// Push is one message to one subscription, ready to be sealed and sent.
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
	Urgency webpush.Urgency
	// Topic lets a later message replace one not yet delivered (RFC 8030 §5.4):
	// at most 32 characters of base64url, or none.
	Topic string

	parsed *url.URL // what target returns, once the pool has asked for it
}

// maxTTL is the longest that FCM accepts; others shorten it themselves.
const maxTTL = 28 * 24 * time.Hour

// ttlSeconds is at least one: WNS refuses zero.
func (p *Push) ttlSeconds() int {
	return int(min(max(p.TTL, time.Second), maxTTL) / time.Second)
}

// target parses the endpoint. Its host is the push service's name, and in normal
// form as the audience of a token must be (RFC 8292 §2).
func (p *Push) target() (*url.URL, error) {
	if p.parsed != nil {
		return p.parsed, nil
	}
	u, err := url.Parse(p.Endpoint)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("subscription %d: endpoint is not a URL", p.SubscriptionID)
	}
	u.Host = models.PushService(p.Endpoint)
	return u, nil
}

// origin is the target's scheme and host.
func origin(target *url.URL) string { return target.Scheme + "://" + target.Host }
