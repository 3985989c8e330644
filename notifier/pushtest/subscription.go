package pushtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"sync"
)

// subscription is a push resource: where it leads, and the key that may use it.
type subscription struct {
	vapidKey string // base64url, unpadded
	// deliver takes a checked message; it does not wait for the reader.
	deliver func(incoming)
	gone    bool
}

type subscriptions struct {
	mu      sync.RWMutex
	byToken map[string]*subscription
}

// add makes a push resource for a key and returns its token.
func (s *subscriptions) add(vapidKey string, deliver func(incoming)) (string, error) {
	vapidKey = unpadded(vapidKey)
	if _, err := parseVAPIDKey(vapidKey); err != nil {
		return "", err
	}
	token := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byToken[token] = &subscription{vapidKey: vapidKey, deliver: deliver}
	return token, nil
}

func (s *subscriptions) find(token string) (*subscription, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sub, ok := s.byToken[token]
	if !ok {
		return nil, refuse(http.StatusNotFound, 102, "there is no such subscription")
	}
	if sub.gone {
		return nil, refuse(http.StatusGone, 106, "the subscription has ended")
	}
	return sub, nil
}

// end lets a push resource answer 410 from now on.
func (s *subscriptions) end(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sub, ok := s.byToken[token]; ok {
		sub.gone = true
	}
}

// unpadded brings both base64 alphabets, padded or not, to unpadded base64url.
func unpadded(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.TrimRight(key, "="), "+", "-"), "/", "_")
}

// parseVAPIDKey reads a key as browsers take it for an applicationServerKey.
func parseVAPIDKey(key string) (*ecdsa.PublicKey, error) {
	point, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return nil, errors.New("the VAPID key is not base64url")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, errors.New("the VAPID key is not a point on P-256")
	}
	return public, nil
}
