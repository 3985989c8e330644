package models

import (
	"context"
	"encoding/json"
	"fmt"
)

const (
	// maxHosts bounds how many push hosts a shard counts by name.
	maxHosts = 16
	// OtherHosts are the push hosts beyond those, together.
	OtherHosts = "other"
)

// Tally counts readers by their [Outcome], of those who have one.
type Tally [5]int

// hostTallies are a shard's tallies by push host.
type hostTallies map[string]*Tally

// HostCounts are an alert's tallies by push host. Shards count when a page is
// recorded, so that nobody has to look at the readers' endpoints again. Hosts
// whose names anybody may have invented, and which accepted nothing, are counted
// together under the rule that allows them, such as "*.push.apple.com".
func (s *Store) HostCounts(ctx context.Context, alertID int64) (map[string]Tally, error) {
	rows, err := s.reads.QueryContext(ctx, s.dialect.rebind(`SELECT hosts FROM shards WHERE alert_id = ? AND hosts <> ''`), alertID)
	if err != nil {
		return nil, fmt.Errorf("count push hosts: %w", err)
	}
	defer rows.Close()
	total := map[string]Tally{}
	for rows.Next() {
		var encoded []byte
		if err := rows.Scan(&encoded); err != nil {
			return nil, fmt.Errorf("count push hosts: %w", err)
		}
		var hosts hostTallies
		if err := json.Unmarshal(encoded, &hosts); err != nil {
			return nil, fmt.Errorf("count push hosts: %w", err)
		}
		for host, tally := range hosts {
			total[host] = total[host].plus(*tally)
		}
	}
	return s.foldHosts(total), rows.Err()
}

// foldHosts counts together which hosts below a wildcard accepted nothing.
func (s *Store) foldHosts(total map[string]Tally) map[string]Tally {
	folded := make(map[string]Tally, len(total))
	for host, tally := range total {
		if rule, ok := s.hosts.Wildcard(host); ok && tally[Accepted] == 0 {
			host = rule
		}
		folded[host] = folded[host].plus(tally)
	}
	return folded
}

// nameOf is the name under which a reader's host is counted: until it accepts a
// push, the wildcard that allows it, so that invented names leave room for others.
func (h hostTallies) nameOf(endpoint string, outcome Outcome, hosts PushHosts) string {
	host := PushService(endpoint)
	if rule, ok := hosts.Wildcard(host); ok && outcome != Accepted && h[host] == nil {
		return rule
	}
	return host
}

func (t Tally) plus(other Tally) Tally {
	for outcome, n := range other {
		t[outcome] += n
	}
	return t
}

// at is the tally that counts a host.
func (h hostTallies) at(host string) *Tally {
	slot := h.slot(host)
	if h[slot] == nil {
		h[slot] = &Tally{}
	}
	return h[slot]
}

// slot is the name under which a host is counted, the same ever after.
func (h hostTallies) slot(host string) string {
	if h[host] == nil && len(h) >= maxHosts {
		return OtherHosts
	}
	return host
}

// total adds up all hosts.
func (h hostTallies) total() (sum Tally) {
	for _, tally := range h {
		sum = sum.plus(*tally)
	}
	return sum
}
