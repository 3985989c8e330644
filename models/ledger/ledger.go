// Package ledger records the outcome of an alert for each subscription of a shard,
// in about 2 bytes a reader, and which readers have a retry, and when. It knows nothing
// of the database that keeps it.
package ledger

import (
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// Ledger holds the outcome of each subscription of a shard, in compressed bitmaps
// of about 2 bytes a reader, the counts for each push service, and when each page
// was recorded. Entries are offsets from the shard's AfterID. An offset is in at
// most one of the bitmaps.
type Ledger struct {
	Accepted, Gone, Failed, Deferred *roaring.Bitmap

	// PerService counts the outcomes at each push service.
	PerService PerService

	retries    retries
	timestamps timestamps
}

// New returns a ledger without entries.
func New() Ledger {
	return Ledger{
		Accepted: roaring.New(), Gone: roaring.New(), Failed: roaring.New(), Deferred: roaring.New(), PerService: PerService{},
	}
}

// Outcome is the outcome of an alert for one subscription.
type Outcome int8

const (
	// Accepted by the push service.
	Accepted Outcome = iota
	// Gone: the push service says that the subscription has ended.
	Gone
	// Failed for good.
	Failed
	// Waiting for a retry.
	Waiting
	// Deferred to a catch-up, by the reader's quiet hours or hourly cap.
	Deferred
	// Untried: not attempted yet, skipped, or not in the audience.
	Untried
)

// Waiting returns the subscriptions that are waiting for a retry.
func (l *Ledger) Waiting() *roaring.Bitmap { return l.retries.readers() }

// Counts counts the entries by their outcome.
func (l *Ledger) Counts() (c Counts) {
	for outcome := range Untried {
		*c.of(outcome) = int(l.With(outcome).GetCardinality())
	}
	return c
}

// Entries counts the readers with an outcome.
func (l *Ledger) Entries() (entries int) {
	for outcome := range Untried {
		entries += int(l.With(outcome).GetCardinality())
	}
	return entries
}

// With returns the subscriptions with an outcome; none is entered as [Untried].
func (l *Ledger) With(outcome Outcome) *roaring.Bitmap {
	switch outcome {
	case Accepted:
		return l.Accepted
	case Gone:
		return l.Gone
	case Failed:
		return l.Failed
	case Deferred:
		return l.Deferred
	case Waiting:
		return l.Waiting()
	}
	return roaring.New()
}

// Outcome returns the outcome at an offset.
func (l *Ledger) Outcome(offset uint32) Outcome {
	for _, outcome := range finals {
		if l.With(outcome).Contains(offset) {
			return outcome
		}
	}
	if l.retries.has(offset) {
		return Waiting
	}
	return Untried
}

// End enters a final outcome. A second one for the same reader changes nothing. A
// reader that was waiting for a retry is counted at the push service of the retry.
func (l *Ledger) End(offset uint32, service string, outcome Outcome) {
	at, waited := l.cancelRetry(offset)
	if waited {
		service = at
	}
	if l.Outcome(offset) == Untried {
		l.With(outcome).Add(offset)
		*l.PerService.at(service).of(outcome)++
	}
}

// RetryAt enters when a reader is tried again, and how often it was tried.
func (l *Ledger) RetryAt(offset uint32, service string, due time.Time, tries int) {
	l.cancelRetry(offset)
	if l.Outcome(offset) == Untried {
		service = l.PerService.Slot(service)
		l.retries.add(offset, retry{service: service, due: roundUp(due), tries: tries})
		l.PerService.at(service).Waiting++
	}
}

// Due returns the readers whose retry is due, by how often they have been tried.
func (l *Ledger) Due(now time.Time) map[int]*roaring.Bitmap { return l.retries.due(now) }

// NextDue returns when the next retry is due; false if there is none.
func (l *Ledger) NextDue() (time.Time, bool) { return l.retries.next() }

// CancelRetry removes a reader's retry, if there is one.
func (l *Ledger) CancelRetry(offset uint32) { l.cancelRetry(offset) }

// CancelRetries removes all retries.
func (l *Ledger) CancelRetries() {
	l.retries = nil
	for _, counts := range l.PerService {
		counts.Waiting = 0
	}
}

// Unproven returns the readers whose retry is due, that have been tried, and that are
// not among the proven ones.
func (l *Ledger) Unproven(now time.Time, proven *roaring.Bitmap) *roaring.Bitmap {
	unproven := roaring.New()
	for tries, due := range l.retries.due(now) {
		if tries > 0 {
			unproven.Or(due)
		}
	}
	unproven.AndNot(proven)
	return unproven
}

// Postpone moves the retries of readers to another time.
func (l *Ledger) Postpone(readers *roaring.Bitmap, until time.Time) {
	for it := readers.Iterator(); it.HasNext(); {
		offset := it.Next()
		if group, waited := l.retries.remove(offset); waited {
			l.retries.add(offset, retry{service: group.service, due: roundUp(until), tries: group.tries})
		}
	}
}

// AddPage enters when all readers up to an offset had been tried once.
func (l *Ledger) AddPage(at time.Time, upto uint32) { l.timestamps.addPage(at, upto) }

// AddRetried enters when a retry was accepted for readers.
func (l *Ledger) AddRetried(at time.Time, readers *roaring.Bitmap) {
	l.timestamps.addRetried(at, readers)
}

// RecordedAt returns when a reader's page was recorded; false if that is unknown.
func (l *Ledger) RecordedAt(offset uint32) (time.Time, bool) { return l.timestamps.of(offset) }

// cancelRetry removes a reader's retry, and returns its push service.
func (l *Ledger) cancelRetry(offset uint32) (service string, waited bool) {
	group, waited := l.retries.remove(offset)
	if waited {
		l.PerService.at(group.service).Waiting--
	}
	return group.service, waited
}

// finals are the outcomes that do not change.
var finals = [...]Outcome{Accepted, Gone, Failed, Deferred}
