package models

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"time"

	"newsbell/models/batch"
	"newsbell/models/receipts"

	"github.com/RoaringBitmap/roaring/v2"
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

// shardReceipts are a shard's receipts: for each event a bitmap of the readers' offsets, as
// in the ledger.
type shardReceipts struct {
	ShardID                   int64 `gorm:"primaryKey;autoIncrement:false"`
	Shown, Clicked, Dismissed []byte
}

// TableName is the name that GORM would not guess.
func (shardReceipts) TableName() string { return "receipts" }

// events returns the bitmaps in the order of [receipts.Events].
func (r *shardReceipts) events() [len(receipts.Events)]*[]byte {
	return [...]*[]byte{&r.Shown, &r.Clicked, &r.Dismissed}
}

// receiptsAtOnce is how many shards' receipts one transaction writes.
const receiptsAtOnce = 50

// writeReceipts adds receipts to their shards. Adding one twice changes nothing.
func (s *Store) writeReceipts(ctx context.Context, all []receipts.Seen) error {
	byAlert := map[int64][]receipts.Seen{}
	for _, receipt := range all {
		byAlert[receipt.AlertID] = append(byAlert[receipt.AlertID], receipt)
	}
	for alertID, receipts := range byAlert {
		added, err := s.sortReceipts(ctx, alertID, receipts)
		if err != nil {
			return err
		}
		// In the order of their IDs, so that processes do not deadlock.
		for shards := range slices.Chunk(slices.Sorted(maps.Keys(added)), receiptsAtOnce) {
			err := s.transaction(ctx, func(tx *gorm.DB) error { return s.addReceipts(tx, alertID, shards, added) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// eventBitmaps hold the readers of one shard, by event.
type eventBitmaps [len(receipts.Events)]*roaring.Bitmap

// sortReceipts sorts an alert's receipts by shard. It ignores readers outside all
// shards.
func (s *Store) sortReceipts(ctx context.Context, alertID int64, receipts []receipts.Seen) (map[int64]eventBitmaps, error) {
	var shards []Shard
	err := s.db.Read.WithContext(ctx).Select("id", "after_id", "upto_id").Order("after_id").
		Find(&shards, "alert_id = ?", alertID).Error
	sorted := map[int64]eventBitmaps{}
	for _, r := range receipts {
		behind, _ := slices.BinarySearchFunc(shards, r.Reader, func(shard Shard, id int64) int { return cmp.Compare(shard.AfterID, id) })
		if behind == 0 || shards[behind-1].UptoID < r.Reader {
			continue
		}
		shard := shards[behind-1]
		readers, ok := sorted[shard.ID]
		if !ok {
			readers = eventBitmaps{roaring.New(), roaring.New(), roaring.New()}
			sorted[shard.ID] = readers
		}
		readers[r.Event].Add(uint32(r.Reader - shard.AfterID))
	}
	return sorted, err
}

// addReceipts adds receipts to the rows of an alert's shards, whose IDs are sorted, and
// counts those that are new.
func (s *Store) addReceipts(tx *gorm.DB, alertID int64, shards []int64, added map[int64]eventBitmaps) error {
	rows := make([]shardReceipts, len(shards))
	for i, id := range shards {
		rows[i] = shardReceipts{ShardID: id, Shown: []byte{}, Clicked: []byte{}, Dismissed: []byte{}}
	}
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error; err != nil {
		return err
	}
	rows = nil
	err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).Order("shard_id").Find(&rows, "shard_id IN ?", shards).Error
	if err != nil {
		return err
	}
	var news [len(receipts.Events)]int
	for i := range rows {
		for event, stored := range rows[i].events() {
			readers := readReceipts(*stored).Clone()
			before := readers.GetCardinality()
			readers.Or(added[rows[i].ShardID][event])
			readers.RunOptimize()
			news[event] += int(readers.GetCardinality() - before)
			if *stored, err = readers.ToBytes(); err != nil {
				return err
			}
		}
	}
	if err := tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&rows).Error; err != nil {
		return err
	}
	return s.countNewReceipts(tx, alertID, news)
}

// countNewReceipts adds receipts, in the order of [receipts.Events], to the alert's counts.
func (s *Store) countNewReceipts(tx *gorm.DB, alertID int64, news [len(receipts.Events)]int) error {
	var alert Alert
	if err := tx.Select("hold_until").Take(&alert, alertID).Error; err != nil {
		return err
	}
	return addAlertCounts(tx, []AlertCount{{
		AlertID: alertID, AfterMS: alert.elapsedMS(s.Now()), Shown: news[0], Clicked: news[1], Dismissed: news[2],
	}})
}

// readReceipts decodes a bitmap, which is valid as long as the bytes do not change. A
// bitmap that cannot be decoded counts as empty.
func readReceipts(encoded []byte) *roaring.Bitmap {
	readers := roaring.New()
	if len(encoded) == 0 {
		return readers
	}
	if _, err := readers.FromBuffer(encoded); err != nil {
		return roaring.New()
	}
	return readers
}

// countReceipts counts an alert's readers by event.
func (s *Store) countReceipts(ctx context.Context, alertID int64) (counts [len(receipts.Events)]int, err error) {
	var rows []shardReceipts
	err = s.db.Read.WithContext(ctx).Find(&rows, "shard_id IN (SELECT id FROM shards WHERE alert_id = ?)", alertID).Error
	if err != nil {
		return counts, fmt.Errorf("count receipts: %w", err)
	}
	for i := range rows {
		for event, stored := range rows[i].events() {
			counts[event] += int(readReceipts(*stored).GetCardinality())
		}
	}
	return counts, nil
}
