package models

import (
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// maxStamps bounds how many moments a shard remembers of those who waited: of
// more, the oldest two become the later of them.
const maxStamps = 32

// stamps say when readers were reached, in the order in which it was noted.
type stamps []stamp

// stamp is a moment at which a page was recorded.
type stamp struct {
	at int64 // Unix milliseconds
	// upto is the offset of a page's last reader, or 0: then it is a page of
	// readers who had waited, and these are whom it reached.
	upto    uint32
	readers *roaring.Bitmap
}

// addPage notes when everybody up to an offset had been tried once.
func (s *stamps) addPage(at time.Time, upto uint32) {
	if upto > 0 {
		*s = append(*s, stamp{at: at.UnixMilli(), upto: upto, readers: roaring.New()})
	}
}

// addReaders notes when readers who had waited were reached.
func (s *stamps) addReaders(at time.Time, readers *roaring.Bitmap) {
	if readers.IsEmpty() {
		return
	}
	*s = append(*s, stamp{at: at.UnixMilli(), readers: readers})
	of := slices.Collect(s.ofReaders)
	if len(of) <= maxStamps {
		return
	}
	oldest, next := of[0], of[1]
	(*s)[next].readers.Or((*s)[oldest].readers)
	*s = slices.Delete(*s, oldest, oldest+1)
}

// ofReaders are the places of the stamps that addReaders made.
func (s *stamps) ofReaders(yield func(int) bool) {
	for i, stamp := range *s {
		if stamp.upto == 0 && !yield(i) {
			return
		}
	}
}

// of is when a reader who has been reached was; false if that is not known.
func (s stamps) of(offset uint32) (time.Time, bool) {
	for _, stamp := range s {
		if stamp.readers.Contains(offset) {
			return time.UnixMilli(stamp.at).UTC(), true
		}
	}
	for _, stamp := range s {
		if offset <= stamp.upto {
			return time.UnixMilli(stamp.at).UTC(), true
		}
	}
	return time.Time{}, false
}
