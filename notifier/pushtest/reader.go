package pushtest

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Message is a decrypted message.
type Message struct {
	Plaintext      []byte
	TTL            time.Duration
	Urgency, Topic string
	ReceivedAt     time.Time
}

// Reader is a simulated browser: it has keys, and decrypts its messages.
type Reader struct {
	server  *Server
	token   string
	private *ecdh.PrivateKey
	auth    [16]byte

	mu       sync.Mutex
	messages []Message
	failures []error
	arrived  chan struct{} // closed at the next arrival; nil when nobody waits
}

// NewReader subscribes a reader with an application server's VAPID key in base64url. As in a
// browser, a key that is not a point on P-256 is an error.
func (s *Server) NewReader(vapidPublicKey string) (*Reader, error) {
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a reader's key: %w", err)
	}
	r := &Reader{server: s, private: private}
	rand.Read(r.auth[:])
	if r.token, err = s.subscriptions.add(vapidPublicKey, r.receive); err != nil {
		return nil, fmt.Errorf("subscribe a reader: %w", err)
	}
	return r, nil
}

// Endpoint is the URL to push to.
func (r *Reader) Endpoint() string { return r.server.endpoint(r.token) }

// P256DH is the public key as a browser gives it, base64url.
func (r *Reader) P256DH() string {
	return base64.RawURLEncoding.EncodeToString(r.private.PublicKey().Bytes())
}

// Auth is the authentication secret as a browser gives it, base64url.
func (r *Reader) Auth() string { return base64.RawURLEncoding.EncodeToString(r.auth[:]) }

// Messages returns the reader's messages in order of arrival.
func (r *Reader) Messages() []Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.messages)
}

// Failures returns the errors of messages that could not be decrypted.
func (r *Reader) Failures() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.failures)
}

// Wait waits until the reader has n messages, and returns all. If ctx is done first, the
// error says how many have arrived.
func (r *Reader) Wait(ctx context.Context, n int) ([]Message, error) {
	for {
		messages, failed, arrived := r.state()
		if len(messages) >= n {
			return messages, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return messages, fmt.Errorf("%d of %d messages, and %d that do not decrypt: %w", len(messages), n, failed, ctx.Err())
		}
	}
}

// Unsubscribe ends the subscription, as a reader does in the browser.
func (r *Reader) Unsubscribe() { r.server.subscriptions.end(r.token) }

// state returns the messages so far, and a channel that is closed at the next arrival.
func (r *Reader) state() (messages []Message, failed int, arrived <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.arrived == nil {
		r.arrived = make(chan struct{})
	}
	return slices.Clone(r.messages), len(r.failures), r.arrived
}

func (r *Reader) receive(m incoming) {
	plaintext, err := Decrypt(m.body, r.private, r.auth[:])
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.failures = append(r.failures, err)
	} else {
		r.messages = append(r.messages, Message{
			Plaintext: plaintext, TTL: m.ttl, Urgency: m.urgency, Topic: m.topic, ReceivedAt: m.arrived,
		})
	}
	if r.arrived != nil {
		close(r.arrived)
		r.arrived = nil
	}
}
