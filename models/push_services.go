package models

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"newsbell/models/endpoints"
	"newsbell/models/ledger"
)

// HostCounts returns an alert's counts by push service. They are counted when a page is
// recorded, so that the readers' endpoints need not be read again. Hosts whose names
// anybody may have invented, and that accepted nothing, are counted together under the
// rule that allows them, such as "*.push.apple.com".
func (s *Store) HostCounts(ctx context.Context, alertID int64) (map[string]Counts, error) {
	var shards []string
	err := s.db.Read.WithContext(ctx).Model(&Shard{}).Where("alert_id = ? AND hosts <> ''", alertID).Pluck("hosts", &shards).Error
	if err != nil {
		return nil, fmt.Errorf("count push hosts: %w", err)
	}
	total := map[string]Counts{}
	for _, encoded := range shards {
		var hosts ledger.PerService
		if err := json.Unmarshal([]byte(encoded), &hosts); err != nil {
			return nil, fmt.Errorf("count push hosts: %w", err)
		}
		for host, counts := range hosts {
			total[host] = total[host].Plus(*counts)
		}
	}
	return s.foldHosts(total), nil
}

// foldHosts counts the hosts below a wildcard together that accepted nothing.
func (s *Store) foldHosts(total map[string]Counts) map[string]Counts {
	folded := make(map[string]Counts, len(total))
	for host, counts := range total {
		if counts.Accepted == 0 {
			host = s.countedTogether(host)
		}
		folded[host] = folded[host].Plus(counts)
	}
	return folded
}

// countedTogether returns the wildcard that allows a host; the host itself if none does.
func (s *Store) countedTogether(host string) string {
	if rule, ok := s.hosts.Wildcard(host); ok {
		return rule
	}
	return host
}

// countedAs returns the name under which a reader's push service is counted. Until it
// accepts a push, that is the wildcard that allows it, so that invented names leave room
// for others.
func countedAs(services ledger.PerService, endpoint string, outcome ledger.Outcome, hosts endpoints.Allowlist) string {
	host := endpoints.PushService(endpoint)
	if rule, ok := hosts.Wildcard(host); ok && outcome != ledger.Accepted && services[host] == nil {
		return rule
	}
	return host
}

// originSample is how many of the newest subscriptions say which push services
// are in use.
const originSample = 1000

// PushOrigins returns the origins of the push services of the newest subscriptions,
// where the next alert is likely to go.
func (s *Store) PushOrigins(ctx context.Context) ([]*url.URL, error) {
	var newest []string
	err := s.db.Read.WithContext(ctx).Raw(`
		SELECT min(endpoint) FROM (SELECT push_service, endpoint FROM subscriptions WHERE gone_at IS NULL ORDER BY id DESC LIMIT ?) AS newest
		GROUP BY push_service`, originSample).Scan(&newest).Error
	if err != nil {
		return nil, fmt.Errorf("push origins: %w", err)
	}
	origins := make([]*url.URL, len(newest))
	for i, endpoint := range newest {
		origins[i] = endpoints.Origin(endpoint)
	}
	return origins, nil
}
