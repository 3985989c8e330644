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

// Message is what a reader got, decrypted.
type Message struct {
	Plaintext      []byte
	TTL            time.Duration
	Urgency, Topic string
	ReceivedAt     time.Time
}

// Reader is a simulated browser: it has keys, and decrypts what it is sent.
type Reader struct {
	server  *Server
	token   string
	private *ecdh.PrivateKey
	auth    [16]byte

	mu       sync.Mutex
	messages []Message
	failures []error
	arrived  chan struct{} // closed and renewed at each arrival
}

// NewReader subscribes a browser with an application server's VAPID key,
// base64url.
func (s *Server) NewReader(vapidPublicKey string) (*Reader, error) {
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a reader's key: %w", err)
	}
	r := &Reader{server: s, private: private, arrived: make(chan struct{})}
	rand.Read(r.auth[:])
	r.token = s.subscriptions.add(vapidPublicKey, r.receive)
	return r, nil
}

// Endpoint is the URL to push to.
func (r *Reader) Endpoint() string { return r.server.url + "/push/" + r.token }

// P256DH is the public key as a browser gives it, base64url.
func (r *Reader) P256DH() string {
	return base64.RawURLEncoding.EncodeToString(r.private.PublicKey().Bytes())
}

// Auth is the authentication secret as a browser gives it, base64url.
func (r *Reader) Auth() string { return base64.RawURLEncoding.EncodeToString(r.auth[:]) }

// Messages are what the reader got, in order of arrival.
func (r *Reader) Messages() []Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.messages)
}

// Failures say what could not be decrypted.
func (r *Reader) Failures() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.failures)
}

// Wait waits until the reader has n messages.
func (r *Reader) Wait(ctx context.Context, n int) ([]Message, error) {
	for {
		r.mu.Lock()
		messages, failures, arrived := slices.Clone(r.messages), len(r.failures), r.arrived
		r.mu.Unlock()
		if len(messages) >= n {
			return messages, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return messages, fmt.Errorf("%d of %d messages, %d that do not decrypt: %w", len(messages), n, failures, ctx.Err())
		}
	}
}

// Unsubscribe ends the subscription, as a reader does in the browser.
func (r *Reader) Unsubscribe() { r.server.subscriptions.end(r.token) }

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
	close(r.arrived)
	r.arrived = make(chan struct{})
}
