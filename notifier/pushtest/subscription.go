package pushtest

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
)

// subscription is a push resource: where it leads, and the key that may use it.
type subscription struct {
	vapidKey string
	// deliver takes a checked message; it does not wait.
	deliver func(incoming)
	gone    bool
}

type subscriptions struct {
	mu      sync.RWMutex
	byToken map[string]*subscription
}

// add makes a push resource and returns its token.
func (s *subscriptions) add(vapidKey string, deliver func(incoming)) string {
	token := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byToken[token] = &subscription{vapidKey: strings.TrimRight(vapidKey, "="), deliver: deliver}
	return token
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
