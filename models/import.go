package models

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// importBatch is how many rows one INSERT of an import holds.
const importBatch = 500

// Import stores many subscriptions in one transaction, as when they move here
// from another service. Nobody knows their secrets: a browser gets its own when
// it subscribes again with the same keys, on its next visit. One that is wrong,
// or whose endpoint is there already ([ErrConflict]), undoes them all.
func (s *Store) Import(ctx context.Context, many []NewSubscription) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		subs, err := s.importedSubscriptions(tx, many)
		if err != nil {
			return err
		}
		if err := tx.CreateInBatches(&subs, importBatch).Error; err != nil {
			return err
		}
		var follows []Follow
		made, topics := map[string][]Follow{}, map[Topic]NamedTopic{} // most of an import follows the same
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

func (s *Store) importedSubscriptions(tx *gorm.DB, many []NewSubscription) ([]Subscription, error) {
	subs := make([]Subscription, len(many))
	keys := map[string]int64{}
	for i, n := range many {
		sub, err := s.newSubscription(n)
		if err != nil {
			return nil, fmt.Errorf("subscription %d: %w", i, err)
		}
		public := strings.TrimRight(n.VAPIDKey, "=")
		if _, ok := keys[public]; !ok {
			if keys[public], err = boundKey(tx, public); err != nil {
				return nil, fmt.Errorf("subscription %d: %w", i, err)
			}
		}
		sub.VAPIDKeyID = keys[public]
		_, sub.SecretHash = newSecret()
		subs[i] = sub
	}
	return subs, nil
}
