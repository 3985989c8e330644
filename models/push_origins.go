package models

import (
	"context"
	"fmt"
	"net/url"
)

// originSample is how many of the newest subscriptions say which push services
// are in use.
const originSample = 1000

// PushOrigins are the push services of the newest subscriptions, as scheme and
// host: where the next alert is likely to go.
func (s *Store) PushOrigins(ctx context.Context) ([]*url.URL, error) {
	var endpoints []string
	err := s.read.WithContext(ctx).Model(&Subscription{}).Order("id DESC").Limit(originSample).Pluck("endpoint", &endpoints).Error
	if err != nil {
		return nil, fmt.Errorf("push origins: %w", err)
	}
	seen := map[string]bool{}
	var origins []*url.URL
	for _, endpoint := range endpoints {
		u, err := url.Parse(endpoint)
		if err != nil || seen[u.Host] {
			continue
		}
		seen[u.Host] = true
		origins = append(origins, &url.URL{Scheme: u.Scheme, Host: u.Host})
	}
	return origins, nil
}
