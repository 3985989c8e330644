package models

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"
)

// entry is what a ledger of a test shall say of one offset.
type entry struct {
	outcome Outcome
	host    string
	due     time.Time
}

func TestALedgerSurvivesItsEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ledger, want := drawLedger(t)
		encoded, err := ledger.encode()
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := decodeLedger(encoded)
		if err != nil {
			t.Fatal(err)
		}
		tallies := map[string]Tally{}
		for offset, e := range want {
			if got := decoded.of(offset); got != e.outcome {
				t.Errorf("offset %d has outcome %d; want %d", offset, got, e.outcome)
			}
			one := tallies[e.host]
			one[e.outcome]++
			tallies[e.host] = one
		}
		for host, tally := range decoded.hosts {
			if *tally != tallies[host] {
				t.Errorf("%s has %v; want %v", host, *tally, tallies[host])
			}
		}
		c := decoded.tally()
		if sum := c[Accepted] + c[Gone] + c[Failed] + c[Waiting] + c[Held]; sum != len(want) {
			t.Errorf("%d entries; want %d", sum, len(want))
		}
	})
}

func TestNobodyIsTriedBeforeTheirTimeHoweverManyTimesThereAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ledger, want := drawLedger(t)
		now := time.Unix(rapid.Int64Range(0, 200).Draw(t, "now"), 0)
		for _, due := range ledger.waits.due(now) {
			for it := due.Iterator(); it.HasNext(); {
				if offset := it.Next(); now.Before(want[offset].due) {
					t.Errorf("offset %d is due at %v; want %v", offset, now, want[offset].due)
				}
			}
		}
		perHost := map[string]int{}
		for _, group := range ledger.waits {
			perHost[group.host]++
		}
		if most := slices.Max(append(slices.Collect(maps.Values(perHost)), 0)); most > maxWaits {
			t.Errorf("a host has %d due times; want %d at most", most, maxWaits)
		}
		got := 0
		for _, due := range ledger.waits.due(time.Unix(1000, 0)) {
			got += int(due.GetCardinality())
		}
		if got != ledger.tally()[Waiting] {
			t.Errorf("%d are due in the end; want all %d who wait", got, ledger.tally()[Waiting])
		}
	})
}

func TestHostsBeyondTheBoundAreCountedTogether(t *testing.T) {
	ledger := NewLedger()
	for i := range uint32(maxHosts + 10) {
		host := string(rune('a' + i))
		ledger.wait(2*i, host, time.Unix(9, 0), 1)
		ledger.end(2*i+1, host, Accepted)
		ledger.end(2*i, host, Failed)
	}
	if got := len(ledger.hosts); got != maxHosts+1 {
		t.Errorf("%d hosts; want %d and the others", got, maxHosts)
	}
	if got := *ledger.hosts[OtherHosts]; got != (Tally{Accepted: 10, Failed: 10}) {
		t.Errorf("others = %v; want 10 accepted, 10 failed, nobody waiting", got)
	}
}

func TestACorruptLedgerIsAnErrorAndNoPanic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ledger, _ := drawLedger(t)
		raw, err := ledger.encode()
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.IntRange(0, len(raw)-1).Draw(t, "at")
		raw[at] ^= rapid.ByteRange(1, 255).Draw(t, "flip")
		if _, err := decodeLedger(raw); !errors.Is(err, errCorruptLedger) {
			t.Errorf("a flipped byte: %v", err)
		}
		if _, err := decodeLedger(raw[:at]); at > 0 && !errors.Is(err, errCorruptLedger) {
			t.Errorf("a torn ledger: %v", err)
		}
	})
}

// drawLedger notes outcomes at random, each reader's once or, after waiting,
// twice.
func drawLedger(t *rapid.T) (Ledger, map[uint32]entry) {
	ledger, want := NewLedger(), map[uint32]entry{}
	for _, offset := range rapid.SliceOfDistinct(rapid.Uint32Max(100_000), rapid.ID[uint32]).Draw(t, "offsets") {
		e := entry{
			outcome: Outcome(rapid.IntRange(0, int(Held)).Draw(t, "outcome")),
			host:    rapid.SampledFrom([]string{"a.example", "b.example"}).Draw(t, "host"),
		}
		if e.outcome == Waiting || rapid.Bool().Draw(t, "waited") {
			e.due = time.Unix(0, rapid.Int64Range(0, 200e9).Draw(t, "due"))
			ledger.wait(offset, e.host, e.due, 1)
		}
		if e.outcome != Waiting {
			ledger.end(offset, e.host, e.outcome)
		}
		want[offset] = e
	}
	return ledger, want
}

func TestALedgerOfTheVersionBeforeIsStillRead(t *testing.T) {
	ledger := NewLedger()
	ledger.end(3, "fcm.googleapis.com", Accepted)
	old := make([]byte, 4)
	for _, bitmap := range []*roaring.Bitmap{ledger.Accepted, ledger.Gone, ledger.Failed} {
		old = appendBitmap(old, bitmap)
	}
	old = appendSection(old, []byte(`{"fcm.googleapis.com":[1,0,0,0]}`))
	binary.LittleEndian.PutUint32(old, crc32.Checksum(old[4:], castagnoli))
	decoded, err := decodeLedger(old)
	if err != nil {
		t.Fatal(err)
	}
	if decoded.of(3) != Accepted || decoded.tally() != decoded.hosts.total() {
		t.Errorf("it says %v of offset 3, and counts %v", decoded.of(3), decoded.hosts.total())
	}
}

func TestWhoHasBeenTriedIsKnownAmongOthersOfTheSameSecond(t *testing.T) {
	ledger := NewLedger()
	for offset := range uint32(4 * maxWaits) {
		ledger.wait(offset, "push.example", time.Unix(int64(offset/2), 0), int(offset%2))
	}
	for tries, due := range ledger.waits.due(time.Unix(1000, 0)) {
		for it := due.Iterator(); it.HasNext(); {
			if offset := it.Next(); int(offset%2) != tries {
				t.Fatalf("offset %d has been tried %d times; want %d", offset, tries, offset%2)
			}
		}
	}
}
