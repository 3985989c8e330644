package models

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

const (
	// receiptPurpose is what the key signs nothing else with.
	receiptPurpose = "newsbell receipt"
	// receiptProof is how many bytes of the HMAC a receipt holds.
	receiptProof = 16
	// MaxReceipt is the longest receipt, in characters.
	MaxReceipt = ((binary.MaxVarintLen64+receiptProof)*8 + 5) / 6
)

// ReceiptKey makes and reads receipts: strings that an alert brings to one
// reader, and that prove that they had it. A receipt is base64url of the
// subscription's ID and a truncated HMAC-SHA256 over alert and subscription.
// It makes Topics too. It belongs to one goroutine.
type ReceiptKey struct {
	mac          hash.Hash
	signed, made []byte // what the last receipt was made of
	// plainTopicsUpto is the last alert whose Topic is not keyed.
	plainTopicsUpto int64
}

// ReceiptKey is the database's one key; it is made when it is first asked for.
func (s *Store) ReceiptKey(ctx context.Context) (*ReceiptKey, error) {
	if stored := s.receiptKey.Load(); stored != nil {
		return stored.key(), nil
	}
	stored := storedReceiptKey{ID: 1, Key: make([]byte, sha256.Size), CreatedAt: s.Now()}
	rand.Read(stored.Key)
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		// Of processes that start together, the first one's stays.
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&stored).Error; err != nil {
			return err
		}
		return tx.Take(&stored).Error
	})
	if err != nil {
		return nil, fmt.Errorf("receipt key: %w", err)
	}
	s.receiptKey.Store(&stored)
	return stored.key(), nil
}

type storedReceiptKey struct {
	ID  int64
	Key []byte
	// PlainTopicsUpto is the last alert that a program made that did not key Topics.
	PlainTopicsUpto int64
	CreatedAt       time.Time
}

func (s *storedReceiptKey) key() *ReceiptKey {
	key := NewReceiptKey(s.Key)
	key.plainTopicsUpto = s.PlainTopicsUpto
	return key
}

// TableName is what GORM would not guess.
func (storedReceiptKey) TableName() string { return "receipt_keys" }

// NewReceiptKey is the key of a secret, 32 random bytes.
func NewReceiptKey(secret []byte) *ReceiptKey {
	return &ReceiptKey{mac: hmac.New(sha256.New, secret)}
}

// Append appends a reader's receipt of an alert to dst. Where dst has room it
// allocates nothing: it is called for each push.
func (k *ReceiptKey) Append(dst []byte, alertID, subscriptionID int64) []byte {
	k.signed = append(k.signed[:0], receiptPurpose...)
	k.signed = binary.BigEndian.AppendUint64(k.signed, uint64(alertID))
	k.signed = binary.BigEndian.AppendUint64(k.signed, uint64(subscriptionID))
	k.mac.Reset()
	k.mac.Write(k.signed)
	k.made = binary.AppendUvarint(k.made[:0], uint64(subscriptionID))
	end := len(k.made) + receiptProof
	k.made = k.mac.Sum(k.made)
	return base64.RawURLEncoding.AppendEncode(dst, k.made[:end])
}

// Reader is the ID of the subscription that has this receipt of an alert; false
// if nobody has.
func (k *ReceiptKey) Reader(alertID int64, receipt string) (subscriptionID int64, ok bool) {
	if len(receipt) > MaxReceipt {
		return 0, false
	}
	raw, _ := base64.RawURLEncoding.DecodeString(receipt)
	id, _ := binary.Uvarint(raw)
	// Whatever was read of it: only the receipt of that reader equals it.
	made := k.Append(make([]byte, 0, MaxReceipt), alertID, int64(id))
	return int64(id), hmac.Equal([]byte(receipt), made)
}
