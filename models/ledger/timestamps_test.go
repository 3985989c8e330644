package ledger

import (
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"
)

func TestTimestampsTellWhenEachReaderWasReachedHoweverManyTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all timestamps
		want := map[uint32]int64{}
		at := int64(0)
		for page := range rapid.Uint32Range(1, 6).Draw(t, "pages") {
			at += rapid.Int64Range(1, 1000).Draw(t, "ms")
			all.addPage(time.UnixMilli(at), (page+1)*10)
			for offset := page*10 + 1; offset <= (page+1)*10; offset++ {
				want[offset] = at
			}
		}
		retried := rapid.Uint32Range(0, 40).Draw(t, "retried")
		for offset := range retried {
			at += rapid.Int64Range(1, 1000).Draw(t, "ms later")
			all.addRetried(time.UnixMilli(at), roaring.BitmapOf(100+offset))
			want[100+offset] = at
		}
		decoded := (&decoder{rest: appendSection(nil, all.encode())}).timestamps()
		for offset, at := range want {
			got, known := decoded.of(offset)
			merged := offset >= 100 && offset < 100+retried-min(retried, maxTimestamps-1)
			if !known || got.UnixMilli() < at || got.UnixMilli() > at && !merged {
				t.Errorf("offset %d was reached at %d; want %d", offset, got.UnixMilli(), at)
			}
		}
		if n := len(all); n > 6+maxTimestamps {
			t.Errorf("%d timestamps; want few", n)
		}
		if _, known := decoded.of(99999); known {
			t.Error("a reader without an accepted push has a time")
		}
	})
}
