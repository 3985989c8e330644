package models

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// VAPIDKey identifies this application server to push services (RFC 8292). A
// subscription is bound to the key it was made with.
type VAPIDKey struct {
	ID int64
	// PublicKey is the uncompressed P-256 point, base64url without padding.
	PublicKey string
	// PrivateKey is the 32-byte scalar, base64url without padding.
	PrivateKey string
	// Current marks the one key that new subscriptions use.
	Current   bool
	CreatedAt time.Time
}

// TableName is the name that GORM would not guess.
func (VAPIDKey) TableName() string { return "vapid_keys" }

// AddVAPIDKey stores a new key and makes it the current one; subscriptions
// made with older keys keep theirs.
func (s *Store) AddVAPIDKey(ctx context.Context, public, private string) (VAPIDKey, error) {
	key := VAPIDKey{PublicKey: public, PrivateKey: private, Current: true, CreatedAt: s.Now()}
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		if err := tx.Model(&VAPIDKey{}).Where("current").Update("current", false).Error; err != nil {
			return err
		}
		if err := tx.Create(&key).Error; err != nil {
			return err
		}
		return s.audit(tx, "operator", "add VAPID key", public, added(fields{"public_key": public}))
	})
	if err != nil {
		return VAPIDKey{}, fmt.Errorf("add VAPID key: %w", err)
	}
	return key, nil
}

// RetireVAPIDKeys deletes the keys that have been replaced and that no
// subscription is bound to any more, and returns them.
func (s *Store) RetireVAPIDKeys(ctx context.Context) ([]VAPIDKey, error) {
	const unused = "NOT current AND NOT EXISTS (SELECT 1 FROM subscriptions WHERE vapid_key_id = vapid_keys.id)"
	var keys []VAPIDKey
	if err := s.db.Read.WithContext(ctx).Find(&keys, unused).Error; err != nil || len(keys) == 0 {
		return nil, domain(err)
	}
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		// A browser may have subscribed with one of them again since.
		if err := tx.Clauses(clause.Returning{}).Where(unused).Delete(&keys).Error; err != nil {
			return err
		}
		for _, key := range keys {
			if err := s.audit(tx, "notifier", "retire VAPID key", key.PublicKey, removed(fields{"public_key": key.PublicKey})); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("retire VAPID keys: %w", err)
	}
	return keys, nil
}

// VAPIDKeyUses counts the subscriptions with an address that are bound to each key, by its
// ID: it shows the progress of a rotation. A subscription without an address is not
// counted, but its key is not retired: its browser may still have to unsubscribe with
// it. When it comes back it gets the current key.
func (s *Store) VAPIDKeyUses(ctx context.Context) (map[int64]int, error) {
	var keys []struct {
		ID   int64
		Uses int
	}
	err := s.db.Read.WithContext(ctx).Raw(`SELECT vapid_key_id AS id, count(*) AS uses FROM subscriptions
		WHERE gone_at IS NULL GROUP BY vapid_key_id`).Scan(&keys).Error
	if err != nil {
		return nil, fmt.Errorf("count the uses of VAPID keys: %w", err)
	}
	uses := make(map[int64]int, len(keys))
	for _, key := range keys {
		uses[key.ID] = key.Uses
	}
	return uses, nil
}

// CurrentVAPIDKey is the key that new subscriptions use; [ErrNotFound] before
// the first one is made.
func (s *Store) CurrentVAPIDKey(ctx context.Context) (VAPIDKey, error) {
	var key VAPIDKey
	err := domain(s.db.Read.WithContext(ctx).Take(&key, "current").Error)
	if errors.Is(err, ErrNotFound) {
		return key, fmt.Errorf("VAPID key: %w", err)
	}
	return key, err
}

// VAPIDKey finds a key by its ID.
func (s *Store) VAPIDKey(ctx context.Context, id int64) (VAPIDKey, error) {
	var key VAPIDKey
	if err := s.db.Read.WithContext(ctx).Take(&key, id).Error; err != nil {
		return key, fmt.Errorf("VAPID key %d: %w", id, domain(err))
	}
	return key, nil
}

// VAPIDKeys returns all keys, the newest first.
func (s *Store) VAPIDKeys(ctx context.Context) ([]VAPIDKey, error) {
	var keys []VAPIDKey
	err := s.db.Read.WithContext(ctx).Order("id DESC").Find(&keys).Error
	return keys, domain(err)
}

// boundKey returns the ID of the key that a browser subscribed with: the current one
// if it does not say. A key that has been retired is an [ErrConflict].
func boundKey(tx *gorm.DB, public string) (int64, error) {
	var key VAPIDKey
	query := tx.Where("current")
	if public != "" {
		query = tx.Where("public_key = ?", strings.TrimRight(public, "="))
	}
	err := domain(query.Take(&key).Error)
	if public != "" && errors.Is(err, ErrNotFound) {
		return 0, fmt.Errorf("%w: the VAPID key is not in use any more; subscribe with the current one", ErrConflict)
	}
	return key.ID, err
}
