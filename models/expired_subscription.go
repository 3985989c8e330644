package models

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"newsbell/models/endpoints"
	"newsbell/models/secrets"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// A push service's 404 or 410 ends an address, not the reader's choices: nothing
// is sent to the subscription any more, and its row stays for a grace period
// with everything that its reader chose. The browser revives it with a new address.
// After the grace period the row is deleted; the hash of its secret stays for a
// year, so that the reader can learn why.

const (
	// defaultGoneGrace is how long a reader's choices outlast their address.
	defaultGoneGrace = 30 * 24 * time.Hour
	// expiredKept is how long the hash of an expired secret is kept.
	expiredKept = 365 * 24 * time.Hour
	// expireBatch is how many rows one transaction deletes at most.
	expireBatch = 500
)

// GoneReason is what a notice fails with whose address is gone.
const GoneReason = "the push service has given up this browser’s address"

// ExpiredSubscription is what is left of a subscription whose address was gone
// for longer than the grace period.
type ExpiredSubscription struct {
	SecretHash []byte `gorm:"primaryKey"`
	GoneAt     time.Time
}

// retireAddress stops sending to the endpoint of a recipient and keeps the rest.
// It returns false if the subscription has another endpoint by now: the answer was
// about the old one.
func retireAddress(tx *gorm.DB, r Recipient, now time.Time) (retired bool, err error) {
	result := tx.Model(&Subscription{}).
		Where("id = ? AND endpoint_hash = ? AND gone_at IS NULL", r.ID, endpoints.Hash(r.Endpoint)).
		UpdateColumn("gone_at", now)
	return result.RowsAffected > 0, result.Error
}

// releaseAddress deletes another row with the address and keys that a
// subscription is about to get, if that row's address was gone. Only the same
// browser has the same keys; else the address stays taken.
func releaseAddress(tx *gorm.DB, id int64, columns map[string]any) error {
	return tx.Delete(&Subscription{}, "endpoint_hash = ? AND id <> ? AND gone_at IS NOT NULL AND p256dh = ? AND auth = ?",
		columns["endpoint_hash"], id, columns["p256dh"], columns["auth"]).Error
}

// ExpireSubscriptions deletes the subscriptions whose address has been gone for
// the grace period and returns how many. It writes one batch per transaction, so that
// others can write in between.
func (s *Store) ExpireSubscriptions(ctx context.Context) (expired int, err error) {
	before := s.Now().Add(-s.goneGrace)
	for more := true; more && err == nil; {
		var n int
		n, err = s.expireBatch(ctx, before)
		expired, more = expired+n, n == expireBatch
	}
	if err == nil {
		err = s.forgetExpired(ctx, before.Add(-expiredKept))
	}
	if err != nil {
		return expired, fmt.Errorf("expire subscriptions: %w", err)
	}
	return expired, nil
}

func (s *Store) expireBatch(ctx context.Context, before time.Time) (deleted int, err error) {
	due := func(db *gorm.DB) *gorm.DB { return db.Where("gone_at <= ?", before).Order("id").Limit(expireBatch) }
	var found []Subscription
	// Usually there is none, and nothing to lock.
	if err := due(s.db.Read.WithContext(ctx)).Select("id").Find(&found).Error; err != nil || len(found) == 0 {
		return 0, domain(err)
	}
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		found = nil
		free := tx.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"})
		if err := due(free).Select("id", "secret_hash", "gone_at").Find(&found).Error; err != nil || len(found) == 0 {
			return err
		}
		ids, left := make([]int64, len(found)), make([]ExpiredSubscription, len(found))
		for i, sub := range found {
			ids[i], left[i] = sub.ID, ExpiredSubscription{sub.SecretHash, *sub.GoneAt}
		}
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&left).Error; err != nil {
			return err
		}
		return deleteSubscriptions(tx, ids)
	})
	return len(found), err
}

// forgetExpired deletes what is left of subscriptions that expired long ago.
func (s *Store) forgetExpired(ctx context.Context, before time.Time) error {
	for {
		var hashes [][]byte
		err := s.db.Read.WithContext(ctx).Model(&ExpiredSubscription{}).Where("gone_at <= ?", before).
			Order("gone_at").Limit(expireBatch).Pluck("secret_hash", &hashes).Error
		if err != nil || len(hashes) == 0 {
			return domain(err)
		}
		err = s.transaction(ctx, func(tx *gorm.DB) error {
			return tx.Delete(&ExpiredSubscription{}, "secret_hash IN ?", hashes).Error
		})
		if err != nil || len(hashes) < expireBatch {
			return err
		}
	}
}

// orExpired is the error of an unknown secret: [ErrExpired] if it was that of a
// subscription that has expired.
func (s *Store) orExpired(ctx context.Context, hash []byte, unknown error) error {
	if !errors.Is(unknown, ErrUnauthorized) {
		return unknown
	}
	left, found, err := s.expiredSubscription(ctx, hash)
	if err != nil || !found {
		return cmp.Or(err, unknown)
	}
	days := int(s.Now().Sub(left.GoneAt) / (24 * time.Hour))
	return fmt.Errorf("%w %d days ago, so what it followed has been deleted; follow again", ErrExpired, days)
}

func (s *Store) expiredSubscription(ctx context.Context, secretHash []byte) (left ExpiredSubscription, found bool, err error) {
	result := s.db.Read.WithContext(ctx).Limit(1).Find(&left, "secret_hash = ?", secretHash)
	return left, result.RowsAffected > 0, domain(result.Error)
}

// ForgetExpired deletes what is left of the expired subscription of a secret, and
// reports whether there was one.
func (s *Store) ForgetExpired(ctx context.Context, secret string) (found bool, err error) {
	hash := secrets.Hash(secret)
	if _, found, err = s.expiredSubscription(ctx, hash); err != nil || !found {
		return false, err
	}
	return true, s.transaction(ctx, func(tx *gorm.DB) error {
		return tx.Delete(&ExpiredSubscription{}, "secret_hash = ?", hash).Error
	})
}

// parkCatchUps defers the due catch-ups of readers without an address until the grace
// period is over. A new address makes them due.
func (s *Store) parkCatchUps(tx *gorm.DB, outageID int64, now time.Time) error {
	return tx.Exec(`UPDATE catch_ups SET due_at = ? WHERE outage_id = ? AND due_at <= ? AND EXISTS (
		SELECT 1 FROM subscriptions WHERE id = subscription_id AND gone_at IS NOT NULL)`,
		now.Add(s.goneGrace), outageID, now).Error
}

// deleteSubscriptions deletes subscriptions with everything that is stored of them.
func deleteSubscriptions(tx *gorm.DB, ids []int64) error {
	if err := tx.Delete(&Failure{}, "subscription_id IN ?", ids).Error; err != nil {
		return err
	}
	return tx.Delete(&Subscription{}, "id IN ?", ids).Error
}
