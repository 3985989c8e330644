package models

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"newsbell/models/batch"
	"newsbell/models/receipts"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

const (
	// gatherReceipts is how long receipts are gathered, and writeReceiptsWithin how
	// long the database may take for them.
	gatherReceipts      = time.Second
	writeReceiptsWithin = 10 * time.Second
	// maxReceipts bounds the memory for receipts to a few megabytes. When half of it
	// is used up they are written at once.
	maxReceipts = 100_000
)

// Receipt is what a browser reports of an alert's notification.
type Receipt struct {
	AlertID int64
	// Proof is the receipt that the push carried.
	Proof string
	Event receipts.Event
}

// RecordReceipts counts what browsers report, each reader once per event of an alert.
// Receipts with a wrong proof and unknown events are ignored. It uses the database only
// for the key, once in a process's life.
//
// It does not wait until the receipts are written, which happens about once a second.
// When a process dies, those of the last second are lost, and what the database cannot
// take in time is dropped: they are statistics, and readers must not wait for them.
func (s *Store) RecordReceipts(ctx context.Context, reported ...Receipt) error {
	key, err := s.ReceiptKey(ctx)
	if err != nil {
		return fmt.Errorf("record receipts: %w", err)
	}
	for _, r := range reported {
		event := slices.Index(receipts.Events[:], r.Event)
		if event < 0 {
			continue
		}
		if reader, ok := key.Reader(r.AlertID, r.Proof); ok {
			s.receipts.Add(receipts.Seen{AlertID: r.AlertID, Reader: reader, Event: int8(event)})
		}
	}
	return nil
}

// newReceipts gathers receipts, each once, and writes them together: the browsers of a
// million readers report within a minute.
func (s *Store) newReceipts() *batch.Batcher[receipts.Seen] {
	return batch.New(batch.Options[receipts.Seen]{
		Write: s.writeReceipts, Within: writeReceiptsWithin,
		Size: maxReceipts / 2, Gather: gatherReceipts, Room: maxReceipts,
	})
}

// ReceiptKey returns the database's one key. Its first use creates it.
func (s *Store) ReceiptKey(ctx context.Context) (*receipts.Key, error) {
	if stored := s.receiptKey.Load(); stored != nil {
		return stored.key(), nil
	}
	stored := storedReceiptKey{ID: 1, Key: make([]byte, sha256.Size), CreatedAt: s.Now()}
	rand.Read(stored.Key)
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		// If processes start at the same time, the first one's key is used.
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
	// PlainTopicsUpto is the last alert of a release that did not key Topics.
	PlainTopicsUpto int64
	CreatedAt       time.Time
}

func (s *storedReceiptKey) key() *receipts.Key {
	return receipts.NewKey(s.Key, s.PlainTopicsUpto)
}

// TableName is the name that GORM would not guess.
func (storedReceiptKey) TableName() string { return "receipt_keys" }

// FlushReceipts returns when everything that was recorded before has been written.
// Closing the store does it too.
func (s *Store) FlushReceipts(ctx context.Context) error { return s.receipts.Flush(ctx) }
