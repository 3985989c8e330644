package models

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// maxFollows is how many topics one subscription may follow at the start.
const maxFollows = 100

// Subscription is one browser's Web Push subscription with its settings. Only
// the browser knows the secret that addresses it.
type Subscription struct {
	ID           int64
	Endpoint     string
	EndpointHash []byte
	// P256DH is the browser's public key, a 65-byte uncompressed P-256 point,
	// and Auth its 16-byte authentication secret (RFC 8291 section 2.1, 3.2).
	P256DH     []byte `gorm:"column:p256dh"`
	Auth       []byte
	SecretHash []byte
	VAPIDKeyID int64 `gorm:"column:vapid_key_id"`
	// TimeZone is an IANA name.
	TimeZone    string
	PausedUntil *time.Time
	// NeedsResubscribe says that the push service refused our VAPID key; the
	// page mends it on the reader's next visit.
	NeedsResubscribe bool
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// NewSubscription is a subscription to be made.
type NewSubscription struct {
	Browser Browser
	// VAPIDKey is the public key that it was made with. Default: the current one.
	VAPIDKey string
	Follows  []NewFollow
	TimeZone string
}

// Subscribe stores a browser's subscription and what it follows, and returns
// the secret that alone gives access to it.
//
// A browser that subscribes again with the same keys has lost its secret: it
// begins anew with what it asks for now. The same endpoint with other keys is
// somebody else's, and an [ErrConflict].
func (s *Store) Subscribe(ctx context.Context, n NewSubscription) (Subscription, string, error) {
	sub, err := s.newSubscription(n)
	if err != nil {
		return Subscription{}, "", err
	}
	secret, hash := newSecret()
	sub.SecretHash = hash
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		follows, err := parseFollows(tx, n.Follows, sub.CreatedAt)
		if err != nil {
			return err
		}
		if sub.VAPIDKeyID, err = boundKey(tx, n.VAPIDKey); err != nil {
			return err
		}
		if err := claimEndpoint(tx, &sub); err != nil {
			return err
		}
		for i := range follows {
			follows[i].SubscriptionID = sub.ID
		}
		if len(follows) == 0 {
			return nil
		}
		return tx.Create(&follows).Error
	})
	if err != nil {
		return Subscription{}, "", fmt.Errorf("subscribe: %w", err)
	}
	return sub, secret, nil
}

// SubscriptionBySecret finds the subscription that a secret addresses; a wrong
// secret is an [ErrUnauthorized].
func (s *Store) SubscriptionBySecret(ctx context.Context, secret string) (Subscription, error) {
	var sub Subscription
	err := s.read.WithContext(ctx).Take(&sub, "secret_hash = ?", hashSecret(secret)).Error
	return sub, unauthorized(err)
}

// SubscriptionChange is what a reader may change; nil fields stay.
type SubscriptionChange struct {
	// Browser replaces endpoint and keys when the browser has new ones.
	Browser *Browser
	// VAPIDKey is the public key that Browser was made with. Default: the
	// current one.
	VAPIDKey string
	TimeZone *string
	// PausedUntil stops alerts until then; a time in the past resumes them.
	PausedUntil *time.Time
}

// ChangeSubscription changes a subscription and returns it as it is then.
func (s *Store) ChangeSubscription(ctx context.Context, sub Subscription, change SubscriptionChange) (Subscription, error) {
	columns, err := s.changedColumns(change)
	if err != nil {
		return Subscription{}, err
	}
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		if change.Browser != nil {
			if columns["vapid_key_id"], err = boundKey(tx, change.VAPIDKey); err != nil {
				return err
			}
		}
		result := tx.Model(&Subscription{}).Where("id = ?", sub.ID).Updates(columns)
		if result.Error != nil {
			return result.Error
		}
		return tx.Take(&sub, sub.ID).Error
	})
	if err != nil {
		return Subscription{}, fmt.Errorf("change subscription: %w", err)
	}
	return sub, nil
}

// Forget deletes a subscription and everything that is known of it.
func (s *Store) Forget(ctx context.Context, sub Subscription) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		if err := tx.Delete(&Failure{}, "subscription_id = ?", sub.ID).Error; err != nil {
			return err
		}
		return tx.Delete(&Subscription{}, sub.ID).Error
	})
	if err != nil {
		return fmt.Errorf("forget subscription: %w", err)
	}
	return nil
}

func (s *Store) newSubscription(n NewSubscription) (Subscription, error) {
	var p problems
	keys := n.Browser.parse(&p, s.hosts)
	p.timeZone(n.TimeZone)
	if len(n.Follows) > maxFollows {
		p.add("follows", "must be at most %d", maxFollows)
	}
	now := s.Now()
	return Subscription{
		Endpoint: n.Browser.Endpoint, EndpointHash: keys.endpointHash, P256DH: keys.p256dh, Auth: keys.auth,
		TimeZone: n.TimeZone, CreatedAt: now, UpdatedAt: now,
	}, p.err()
}

func (s *Store) changedColumns(change SubscriptionChange) (map[string]any, error) {
	var p problems
	columns := map[string]any{"updated_at": s.Now()}
	if b := change.Browser; b != nil {
		keys := b.parse(&p, s.hosts)
		columns["endpoint"], columns["endpoint_hash"] = b.Endpoint, keys.endpointHash
		columns["p256dh"], columns["auth"] = keys.p256dh, keys.auth
		columns["needs_resubscribe"] = false
	}
	if change.TimeZone != nil {
		p.timeZone(*change.TimeZone)
		columns["time_zone"] = *change.TimeZone
	}
	if change.PausedUntil != nil {
		columns["paused_until"] = change.PausedUntil.UTC().Truncate(time.Microsecond)
	}
	return columns, p.err()
}

// claimEndpoint stores sub, or takes over the row of the same browser.
func claimEndpoint(tx *gorm.DB, sub *Subscription) error {
	var old Subscription
	err := domain(tx.Take(&old, "endpoint_hash = ?", sub.EndpointHash).Error)
	if errors.Is(err, ErrNotFound) {
		return tx.Create(sub).Error
	}
	if err != nil {
		return err
	}
	// Whoever knows both keys can read the pushes already: it is the browser.
	if subtle.ConstantTimeCompare(old.Auth, sub.Auth)&subtle.ConstantTimeCompare(old.P256DH, sub.P256DH) != 1 {
		return fmt.Errorf("%w: this endpoint belongs to another subscription", ErrConflict)
	}
	sub.ID = old.ID
	if err := tx.Delete(&Follow{}, "subscription_id = ?", old.ID).Error; err != nil {
		return err
	}
	return tx.Save(sub).Error
}

func hashEndpoint(endpoint string) []byte {
	sum := sha256.Sum256([]byte(endpoint))
	return sum[:]
}

func (p *problems) timeZone(name string) {
	if name == "" || name == "Local" {
		p.add("time_zone", "must be an IANA time zone")
		return
	}
	if _, err := time.LoadLocation(name); err != nil {
		p.add("time_zone", "must be an IANA time zone")
	}
}
