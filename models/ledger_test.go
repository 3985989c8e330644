package models

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestALedgerSurvivesItsEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ledger := NewLedger()
		want := map[uint32]Outcome{}
		for _, offset := range rapid.SliceOf(rapid.Uint32Max(100_000)).Draw(t, "offsets") {
			want[offset] = Outcome(rapid.IntRange(0, 3).Draw(t, "outcome"))
			ledger.set(offset, want[offset])
		}
		encoded, err := ledger.encode()
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := decodeLedger(encoded)
		if err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, bitmap := range decoded.bitmaps() {
			total += int(bitmap.GetCardinality())
		}
		for offset, outcome := range want {
			if !decoded.bitmaps()[outcome].Contains(offset) {
				t.Errorf("offset %d is not in bitmap %d", offset, outcome)
			}
		}
		if total != len(want) {
			t.Errorf("%d entries; want %d", total, len(want))
		}
	})
}

func TestACorruptLedgerIsAnErrorAndNoPanic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "raw")
		if _, err := decodeLedger(raw); err != nil && !errors.Is(err, errCorruptLedger) {
			t.Errorf("error = %v", err)
		}
	})
}
