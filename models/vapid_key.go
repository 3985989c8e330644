package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
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

// TableName is what GORM would not guess.
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
		return s.audit(tx, "operator", "add VAPID key", public)
	})
	if err != nil {
		return VAPIDKey{}, fmt.Errorf("add VAPID key: %w", err)
	}
	return key, nil
}

// CurrentVAPIDKey is the key that new subscriptions use; [ErrNotFound] before
// the first one is made.
func (s *Store) CurrentVAPIDKey(ctx context.Context) (VAPIDKey, error) {
	var key VAPIDKey
	err := domain(s.read.WithContext(ctx).Take(&key, "current").Error)
	if errors.Is(err, ErrNotFound) {
		return key, fmt.Errorf("VAPID key: %w", err)
	}
	return key, err
}

// VAPIDKey finds a key by its ID.
func (s *Store) VAPIDKey(ctx context.Context, id int64) (VAPIDKey, error) {
	var key VAPIDKey
	if err := s.read.WithContext(ctx).Take(&key, id).Error; err != nil {
		return key, fmt.Errorf("VAPID key %d: %w", id, domain(err))
	}
	return key, nil
}

// VAPIDKeys are all keys, the newest first.
func (s *Store) VAPIDKeys(ctx context.Context) ([]VAPIDKey, error) {
	var keys []VAPIDKey
	err := s.read.WithContext(ctx).Order("id DESC").Find(&keys).Error
	return keys, domain(err)
}
