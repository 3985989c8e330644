package models

import (
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// Ledger says what became of each subscription of a shard, in compressed
// bitmaps of about 2 bytes a reader, how many that makes at each push host, and
// when each page was recorded. Entries are offsets from the shard's AfterID. An
// offset is in at most one of the bitmaps.
type Ledger struct {
	Accepted, Gone, Failed, Held *roaring.Bitmap

	waits  waits
	hosts  hostTallies
	stamps stamps
}

// NewLedger is a ledger without entries.
func NewLedger() Ledger {
	return Ledger{
		Accepted: roaring.New(), Gone: roaring.New(), Failed: roaring.New(), Held: roaring.New(), hosts: hostTallies{},
	}
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
	// Held back for the reader's quiet hours or hourly cap: a catch-up will tell.
	Held
	// Untried: not reached yet, left out, or not in the audience.
	Untried
)

// Waiting is everybody who waits for another try.
func (l *Ledger) Waiting() *roaring.Bitmap { return l.waits.readers() }

// tally counts the entries.
func (l *Ledger) tally() (t Tally) {
	for outcome := range t {
		t[outcome] = int(l.with(Outcome(outcome)).GetCardinality())
	}
	return t
}

// with is everybody with an outcome; nobody is noted as [Untried].
func (l *Ledger) with(outcome Outcome) *roaring.Bitmap {
	switch outcome {
	case Accepted:
		return l.Accepted
	case Gone:
		return l.Gone
	case Failed:
		return l.Failed
	case Held:
		return l.Held
	case Waiting:
		return l.Waiting()
	}
	return roaring.New()
}

// of is what became of an offset.
func (l *Ledger) of(offset uint32) Outcome {
	for _, outcome := range finals {
		if l.with(outcome).Contains(offset) {
			return outcome
		}
	}
	if l.waits.has(offset) {
		return Waiting
	}
	return Untried
}

// end notes a final outcome. A second word about the same reader changes
// nothing. Whoever waited is counted at the host where they waited.
func (l *Ledger) end(offset uint32, host string, outcome Outcome) {
	at, waited := l.leaveOut(offset)
	if waited {
		host = at
	}
	if l.of(offset) == Untried {
		l.with(outcome).Add(offset)
		l.hosts.at(host)[outcome]++
	}
}

// wait lets a reader wait for another try after so many.
func (l *Ledger) wait(offset uint32, host string, due time.Time, tries int) {
	l.leaveOut(offset)
	if l.of(offset) == Untried {
		host = l.hosts.slot(host)
		l.waits.add(offset, wait{host: host, due: roundUp(due), tries: tries})
		l.hosts.at(host)[Waiting]++
	}
}

// leaveOut forgets that a reader waits, and says at which host.
func (l *Ledger) leaveOut(offset uint32) (host string, waited bool) {
	if host, waited = l.waits.remove(offset); waited {
		l.hosts.at(host)[Waiting]--
	}
	return host, waited
}

// leaveOutWaiting forgets everybody who waits.
func (l *Ledger) leaveOutWaiting() {
	l.waits = nil
	for _, tally := range l.hosts {
		tally[Waiting] = 0
	}
}

// finals are the outcomes that do not change any more.
var finals = [...]Outcome{Accepted, Gone, Failed, Held}
