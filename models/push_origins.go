package models

import (
	"context"
	"fmt"
	"net/url"

	"newsbell/models/endpoints"
)

// originSample is how many of the newest subscriptions say which push services
// are in use.
const originSample = 1000

// PushOrigins are the push services of the newest subscriptions, as scheme and
// host: where the next alert is likely to go.
func (s *Store) PushOrigins(ctx context.Context) ([]*url.URL, error) {
	rows, err := s.db.Reads.QueryContext(ctx, s.db.Rebind(`
		SELECT min(endpoint) FROM (SELECT push_service, endpoint FROM subscriptions WHERE gone_at IS NULL ORDER BY id DESC LIMIT ?) AS newest
		GROUP BY push_service`), originSample)
	if err != nil {
		return nil, fmt.Errorf("push origins: %w", err)
	}
	defer rows.Close()
	var origins []*url.URL
	for rows.Next() {
		var endpoint string
		if err := rows.Scan(&endpoint); err != nil {
			return nil, fmt.Errorf("push origins: %w", err)
		}
		origins = append(origins, endpoints.Origin(endpoint))
	}
	return origins, rows.Err()
}
