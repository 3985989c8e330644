package models

import (
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// Ledger says what became of each subscription of a shard, in compressed
// bitmaps of about 2 bytes a reader, and how many that makes at each push
// host. Entries are offsets from the shard's AfterID. An offset is in at most
// one of the bitmaps.
type Ledger struct {
	Accepted, Gone, Failed *roaring.Bitmap

	waits waits
	hosts hostTallies
}

// NewLedger is a ledger without entries.
func NewLedger() Ledger {
	return Ledger{Accepted: roaring.New(), Gone: roaring.New(), Failed: roaring.New(), hosts: hostTallies{}}
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
	case Accepted, Gone, Failed:
		return l.final()[outcome]
	case Waiting:
		return l.Waiting()
	}
	return roaring.New()
}

// of is what became of an offset.
func (l *Ledger) of(offset uint32) Outcome {
	for i, bitmap := range l.final() {
		if bitmap.Contains(offset) {
			return Outcome(i)
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
		l.final()[outcome].Add(offset)
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

// final are the bitmaps of the outcomes that do not change any more.
func (l *Ledger) final() [3]*roaring.Bitmap {
	return [3]*roaring.Bitmap{Accepted: l.Accepted, Gone: l.Gone, Failed: l.Failed}
}
