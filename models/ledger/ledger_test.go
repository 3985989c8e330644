package ledger

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"
)

// entry is what the ledger of a test must say of one offset.
type entry struct {
	outcome Outcome
	host    string
	due     time.Time
}

func TestALedgerSurvivesItsEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ledger, want := drawLedger(t)
		encoded, err := ledger.Encode()
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := Decode(encoded)
		if err != nil {
			t.Fatal(err)
		}
		perService := map[string]Counts{}
		for offset, e := range want {
			if got := decoded.Outcome(offset); got != e.outcome {
				t.Errorf("offset %d has outcome %d; want %d", offset, got, e.outcome)
			}
			one := perService[e.host]
			*one.of(e.outcome)++
			perService[e.host] = one
		}
		for service, counts := range decoded.PerService {
			if *counts != perService[service] {
				t.Errorf("%s has %v; want %v", service, *counts, perService[service])
			}
		}
		c := decoded.Counts()
		if sum := c.Accepted + c.Gone + c.Failed + c.Waiting + c.Deferred; sum != len(want) {
			t.Errorf("%d entries; want %d", sum, len(want))
		}
	})
}

func TestNoReaderIsTriedTooSoonHoweverManyDueTimesThereAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ledger, want := drawLedger(t)
		now := time.Unix(rapid.Int64Range(0, 200).Draw(t, "now"), 0)
		for _, due := range ledger.retries.due(now) {
			for it := due.Iterator(); it.HasNext(); {
				if offset := it.Next(); now.Before(want[offset].due) {
					t.Errorf("offset %d is due at %v; want %v", offset, now, want[offset].due)
				}
			}
		}
		perService := map[string]int{}
		for _, group := range ledger.retries {
			perService[group.service]++
		}
		if most := slices.Max(append(slices.Collect(maps.Values(perService)), 0)); most > maxRetries {
			t.Errorf("a host has %d due times; want %d at most", most, maxRetries)
		}
		got := 0
		for _, due := range ledger.retries.due(time.Unix(1000, 0)) {
			got += int(due.GetCardinality())
		}
		if got != ledger.Counts().Waiting {
			t.Errorf("%d are due in the end; want all %d that wait", got, ledger.Counts().Waiting)
		}
	})
}

func TestCountsAreKeptAsArraysInTheOrderOfTheOutcomes(t *testing.T) {
	counts := PerService{"push.example": {Accepted: 1, Gone: 2, Failed: 3, Waiting: 4, Deferred: 5}}
	encoded, err := json.Marshal(counts)
	if err != nil || string(encoded) != `{"push.example":[1,2,3,4,5]}` {
		t.Errorf("encoded = %s, %v", encoded, err)
	}
	var decoded PerService
	if err := json.Unmarshal([]byte(`{"push.example":[1,2,3,4]}`), &decoded); err != nil { // before catch-ups
		t.Fatal(err)
	}
	if got, want := *decoded["push.example"], (Counts{Accepted: 1, Gone: 2, Failed: 3, Waiting: 4}); got != want {
		t.Errorf("decoded = %+v; want %+v", got, want)
	}
}

func TestHostsBeyondTheBoundAreCountedTogether(t *testing.T) {
	ledger := New()
	for i := range uint32(maxServices + 10) {
		host := string(rune('a' + i))
		ledger.RetryAt(2*i, host, time.Unix(9, 0), 1)
		ledger.End(2*i+1, host, Accepted)
		ledger.End(2*i, host, Failed)
	}
	if got := len(ledger.PerService); got != maxServices+1 {
		t.Errorf("%d hosts; want %d and the others", got, maxServices)
	}
	if got := *ledger.PerService[OtherServices]; got != (Counts{Accepted: 10, Failed: 10}) {
		t.Errorf("others = %v; want 10 accepted, 10 failed, nobody waiting", got)
	}
}

func TestACorruptLedgerIsAnErrorAndNoPanic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ledger, _ := drawLedger(t)
		raw, err := ledger.Encode()
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.IntRange(0, len(raw)-1).Draw(t, "at")
		raw[at] ^= rapid.ByteRange(1, 255).Draw(t, "flip")
		if _, err := Decode(raw); !errors.Is(err, ErrCorrupt) {
			t.Errorf("a flipped byte: %v", err)
		}
		if _, err := Decode(raw[:at]); at > 0 && !errors.Is(err, ErrCorrupt) {
			t.Errorf("a torn ledger: %v", err)
		}
	})
}

// drawLedger enters outcomes at random, for each reader once or, after a retry, twice.
func drawLedger(t *rapid.T) (Ledger, map[uint32]entry) {
	ledger, want := New(), map[uint32]entry{}
	for _, offset := range rapid.SliceOfDistinct(rapid.Uint32Max(100_000), rapid.ID[uint32]).Draw(t, "offsets") {
		e := entry{
			outcome: Outcome(rapid.IntRange(0, int(Deferred)).Draw(t, "outcome")),
			host:    rapid.SampledFrom([]string{"a.example", "b.example"}).Draw(t, "host"),
		}
		if e.outcome == Waiting || rapid.Bool().Draw(t, "waited") {
			e.due = time.Unix(0, rapid.Int64Range(0, 200e9).Draw(t, "due"))
			ledger.RetryAt(offset, e.host, e.due, 1)
		}
		if e.outcome != Waiting {
			ledger.End(offset, e.host, e.outcome)
		}
		want[offset] = e
	}
	return ledger, want
}

func TestALedgerOfTheVersionBeforeIsStillRead(t *testing.T) {
	ledger := New()
	ledger.End(3, "fcm.googleapis.com", Accepted)
	old := make([]byte, 4)
	for _, bitmap := range []*roaring.Bitmap{ledger.Accepted, ledger.Gone, ledger.Failed} {
		old = appendBitmap(old, bitmap)
	}
	old = appendSection(old, []byte(`{"fcm.googleapis.com":[1,0,0,0]}`))
	binary.LittleEndian.PutUint32(old, crc32.Checksum(old[4:], castagnoli))
	decoded, err := Decode(old)
	if err != nil {
		t.Fatal(err)
	}
	if decoded.Outcome(3) != Accepted || decoded.Counts() != decoded.PerService.Total() {
		t.Errorf("it says %v of offset 3, and counts %v", decoded.Outcome(3), decoded.PerService.Total())
	}
}

func TestTriesAreKeptApartAmongRetriesOfTheSameSecond(t *testing.T) {
	ledger := New()
	for offset := range uint32(4 * maxRetries) {
		ledger.RetryAt(offset, "push.example", time.Unix(int64(offset/2), 0), int(offset%2))
	}
	for tries, due := range ledger.retries.due(time.Unix(1000, 0)) {
		for it := due.Iterator(); it.HasNext(); {
			if offset := it.Next(); int(offset%2) != tries {
				t.Fatalf("offset %d has been tried %d times; want %d", offset, tries, offset%2)
			}
		}
	}
}
