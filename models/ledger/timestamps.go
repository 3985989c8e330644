package ledger

import (
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// maxTimestamps bounds how many timestamps of retries a shard keeps. When there are
// more, the oldest two become one, with the later time.
const maxTimestamps = 32

// timestamps say when pushes to readers were recorded, in the order in which they were.
type timestamps []timestamp

// timestamp is the time when a page was recorded.
type timestamp struct {
	at int64 // Unix milliseconds
	// upto is the offset of a page's last reader. It is 0 for a page of retries; then
	// readers are those whose retry was accepted.
	upto    uint32
	readers *roaring.Bitmap
}

// addPage enters when all readers up to an offset had been tried once.
func (s *timestamps) addPage(at time.Time, upto uint32) {
	if upto > 0 {
		*s = append(*s, timestamp{at: at.UnixMilli(), upto: upto, readers: roaring.New()})
	}
}

// addRetried enters when a retry was accepted for readers.
func (s *timestamps) addRetried(at time.Time, readers *roaring.Bitmap) {
	if readers.IsEmpty() {
		return
	}
	*s = append(*s, timestamp{at: at.UnixMilli(), readers: readers})
	of := slices.Collect(s.ofRetries)
	if len(of) <= maxTimestamps {
		return
	}
	oldest, next := of[0], of[1]
	(*s)[next].readers.Or((*s)[oldest].readers)
	*s = slices.Delete(*s, oldest, oldest+1)
}

// ofRetries yields the indexes of the timestamps that addRetried made.
func (s *timestamps) ofRetries(yield func(int) bool) {
	for i, timestamp := range *s {
		if timestamp.upto == 0 && !yield(i) {
			return
		}
	}
}

// of returns when the push to a reader was recorded; false if that is not known.
func (s timestamps) of(offset uint32) (time.Time, bool) {
	for _, timestamp := range s {
		if timestamp.readers.Contains(offset) {
			return time.UnixMilli(timestamp.at).UTC(), true
		}
	}
	for _, timestamp := range s {
		if offset <= timestamp.upto {
			return time.UnixMilli(timestamp.at).UTC(), true
		}
	}
	return time.Time{}, false
}
