package ledger

import (
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// maxTimestamps bounds how many moments a shard remembers of those who waited: of
// more, the oldest two become the later of them.
const maxTimestamps = 32

// timestamps say when readers were reached, in the order in which it was noted.
type timestamps []timestamp

// timestamp is a moment at which a page was recorded.
type timestamp struct {
	at int64 // Unix milliseconds
	// upto is the offset of a page's last reader, or 0: then it is a page of
	// readers who had waited, and these are the ones it reached.
	upto    uint32
	readers *roaring.Bitmap
}

// addPage notes when everybody up to an offset had been tried once.
func (s *timestamps) addPage(at time.Time, upto uint32) {
	if upto > 0 {
		*s = append(*s, timestamp{at: at.UnixMilli(), upto: upto, readers: roaring.New()})
	}
}

// addReaders notes when readers who had waited were reached.
func (s *timestamps) addReaders(at time.Time, readers *roaring.Bitmap) {
	if readers.IsEmpty() {
		return
	}
	*s = append(*s, timestamp{at: at.UnixMilli(), readers: readers})
	of := slices.Collect(s.ofReaders)
	if len(of) <= maxTimestamps {
		return
	}
	oldest, next := of[0], of[1]
	(*s)[next].readers.Or((*s)[oldest].readers)
	*s = slices.Delete(*s, oldest, oldest+1)
}

// ofReaders are the places of the timestamps that addReaders made.
func (s *timestamps) ofReaders(yield func(int) bool) {
	for i, timestamp := range *s {
		if timestamp.upto == 0 && !yield(i) {
			return
		}
	}
}

// of is when a reader who has been reached was; false if that is not known.
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
