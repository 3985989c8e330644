package models

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"
)

// Ledger says what became of each subscription of a shard, in compressed
// bitmaps of about 2 bytes a reader. Entries are offsets from the shard's
// AfterID. An offset is in at most one of the bitmaps.
type Ledger struct {
	Accepted, Gone, Failed, Waiting *roaring.Bitmap
}

// NewLedger is a ledger without entries.
func NewLedger() Ledger {
	return Ledger{roaring.New(), roaring.New(), roaring.New(), roaring.New()}
}

// Outcome is what became of one subscription.
type Outcome int8

const (
	// Accepted by the push service.
	Accepted Outcome = iota
	// Gone: the push service says that the subscription has ended.
	Gone
	// Failed for good.
	Failed
	// Waiting for another try.
	Waiting
)

// set moves an offset to the bitmap of its outcome.
func (l Ledger) set(offset uint32, outcome Outcome) {
	for i, bitmap := range l.bitmaps() {
		if Outcome(i) == outcome {
			bitmap.Add(offset)
		} else {
			bitmap.Remove(offset)
		}
	}
}

// has tells whether an offset has any outcome.
func (l Ledger) has(offset uint32) bool {
	for _, bitmap := range l.bitmaps() {
		if bitmap.Contains(offset) {
			return true
		}
	}
	return false
}

func (l Ledger) bitmaps() [4]*roaring.Bitmap {
	return [4]*roaring.Bitmap{Accepted: l.Accepted, Gone: l.Gone, Failed: l.Failed, Waiting: l.Waiting}
}

// encode writes each bitmap in roaring's portable format behind its length, a
// little-endian uint32.
func (l Ledger) encode() ([]byte, error) {
	var out []byte
	for _, bitmap := range l.bitmaps() {
		bitmap.RunOptimize()
		raw, err := bitmap.ToBytes()
		if err != nil {
			return nil, fmt.Errorf("encode ledger: %w", err)
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(len(raw)))
		out = append(out, raw...)
	}
	return out, nil
}

var errCorruptLedger = errors.New("corrupt ledger")

func decodeLedger(raw []byte) (Ledger, error) {
	ledger := NewLedger()
	if len(raw) == 0 {
		return ledger, nil
	}
	for _, bitmap := range ledger.bitmaps() {
		if len(raw) < 4 {
			return Ledger{}, errCorruptLedger
		}
		size := binary.LittleEndian.Uint32(raw)
		if raw = raw[4:]; uint64(size) > uint64(len(raw)) {
			return Ledger{}, errCorruptLedger
		}
		if err := bitmap.UnmarshalBinary(raw[:size]); err != nil {
			return Ledger{}, fmt.Errorf("%w: %w", errCorruptLedger, err)
		}
		raw = raw[size:]
	}
	if len(raw) != 0 {
		return Ledger{}, errCorruptLedger
	}
	return ledger, nil
}
