package models

import (
	"context"
	"fmt"
	"strings"

	"newsbell/models/secrets"

	"gorm.io/gorm"
)

// importBatch is how many rows one INSERT of an import has.
const importBatch = 500

// Import stores many subscriptions in one transaction, as when they move here from
// another service. A browser gets its secret when it subscribes again with the same
// keys, on its next visit. One that is invalid, or whose endpoint exists
// ([ErrConflict]), rolls back all of them. One that exists without an address is revived
// with its follows.
func (s *Store) Import(ctx context.Context, many []NewSubscription) error {
	// Before the transaction, because PostgreSQL ends idle transactions.
	subs, err := s.importedSubscriptions(many)
	if err != nil {
		return fmt.Errorf("import subscriptions: %w", err)
	}
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		err := bindKeys(tx, many, subs)
		if err == nil {
			many, subs, err = reviveGone(tx, many, subs)
		}
		if err != nil || len(subs) == 0 {
			return err
		}
		if err := tx.CreateInBatches(&subs, importBatch).Error; err != nil {
			return err
		}
		var follows []Follow
		made, topics := map[string][]Follow{}, map[Topic]NamedTopic{} // most of an import has the same follows
		for i, sub := range subs {
			key := fmt.Sprint(many[i].Follows)
			if _, ok := made[key]; !ok {
				parsed, err := parseFollows(many[i].Follows)
				if err == nil {
					made[key], err = makeFollows(tx, parsed, topics, sub.CreatedAt)
				}
				if err != nil {
					return fmt.Errorf("subscription %d: %w", i, err)
				}
			}
			for _, follow := range made[key] {
				follow.SubscriptionID = sub.ID
				follows = append(follows, follow)
			}
		}
		if len(follows) == 0 {
			return nil
		}
		return tx.Omit("Topic").CreateInBatches(&follows, importBatch).Error
	})
	if err != nil {
		return fmt.Errorf("import subscriptions: %w", err)
	}
	return nil
}

// reviveGone gives an address again to those of an import that exist without one, and
// returns the others, to be inserted.
func reviveGone(tx *gorm.DB, many []NewSubscription, subs []Subscription) ([]NewSubscription, []Subscription, error) {
	restMany, rest := many[:0:0], subs[:0:0]
	for from := 0; from < len(subs); from += importBatch {
		upto := min(from+importBatch, len(subs))
		gone, err := goneAmong(tx, subs[from:upto])
		if err != nil {
			return nil, nil, err
		}
		for i := from; i < upto; i++ {
			old, isGone := gone[string(subs[i].EndpointHash)]
			if !isGone || !old.hasKeysOf(subs[i]) {
				restMany, rest = append(restMany, many[i]), append(rest, subs[i])
				continue
			}
			changes := map[string]any{"gone_at": nil, "vapid_key_id": subs[i].VAPIDKeyID}
			if err := tx.Model(&Subscription{}).Where("id = ?", old.ID).UpdateColumns(changes).Error; err != nil {
				return nil, nil, err
			}
		}
	}
	return restMany, rest, nil
}

// goneAmong returns the subscriptions without an address that have the endpoints of an
// import, by the endpoint's hash.
func goneAmong(tx *gorm.DB, some []Subscription) (map[string]Subscription, error) {
	hashes := make([][]byte, len(some))
	for i, sub := range some {
		hashes[i] = sub.EndpointHash
	}
	var rows []Subscription
	err := tx.Find(&rows, "endpoint_hash IN ? AND gone_at IS NOT NULL", hashes).Error
	gone := make(map[string]Subscription, len(rows))
	for _, row := range rows {
		gone[string(row.EndpointHash)] = row
	}
	return gone, err
}

func (s *Store) importedSubscriptions(many []NewSubscription) ([]Subscription, error) {
	subs := make([]Subscription, len(many))
	for i, n := range many {
		sub, err := s.newSubscription(n)
		if err != nil {
			return nil, fmt.Errorf("subscription %d: %w", i, err)
		}
		_, sub.SecretHash = secrets.New()
		subs[i] = sub
	}
	return subs, nil
}

// bindKeys finds the VAPID keys that subscriptions of an import are bound to.
func bindKeys(tx *gorm.DB, many []NewSubscription, subs []Subscription) (err error) {
	keys := map[string]int64{}
	for i, n := range many {
		public := strings.TrimRight(n.VAPIDKey, "=")
		if _, ok := keys[public]; !ok {
			if keys[public], err = boundKey(tx, public); err != nil {
				return fmt.Errorf("subscription %d: %w", i, err)
			}
		}
		subs[i].VAPIDKeyID = keys[public]
	}
	return nil
}
