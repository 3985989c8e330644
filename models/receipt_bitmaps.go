package models

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"newsbell/models/receipts"

	"github.com/RoaringBitmap/roaring/v2"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

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
			err := s.transaction(ctx, func(tx *gorm.DB) error { return addReceipts(tx, shards, added) })
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

// addReceipts adds receipts to the rows of shards, whose IDs are sorted.
func addReceipts(tx *gorm.DB, shards []int64, added map[int64]eventBitmaps) error {
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
	for i := range rows {
		for event, stored := range rows[i].events() {
			readers := readReceipts(*stored).Clone()
			readers.Or(added[rows[i].ShardID][event])
			readers.RunOptimize()
			if *stored, err = readers.ToBytes(); err != nil {
				return err
			}
		}
	}
	return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&rows).Error
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
