package models

import (
	"cmp"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

const (
	// maxWaits bounds the due times that a push host has in one shard: each of
	// them is a pass over the shard.
	maxWaits = 32
	// maxTries is when tries are no longer counted. Retries do not come more seldom
	// by then, and there are always two due times of the same tries to merge.
	maxTries = 10
)

// wait is who waits at a push host for the same second after as many tries.
// Whether a reader has been tried says what comes next, so that it is never lost
// among others.
type wait struct {
	host    string
	due     int64 // Unix seconds
	tries   int
	readers *roaring.Bitmap
}

// waits are sorted by host, then by tries, then by due time.
type waits []wait

func (w waits) has(offset uint32) bool {
	return slices.ContainsFunc(w, func(group wait) bool { return group.readers.Contains(offset) })
}

// readers is everybody who waits.
func (w waits) readers() *roaring.Bitmap {
	all := roaring.New()
	for _, group := range w {
		all.Or(group.readers)
	}
	return all
}

// due is everybody whose time has come, by how often they have been tried.
func (w waits) due(now time.Time) map[int]*roaring.Bitmap {
	due := map[int]*roaring.Bitmap{}
	for _, group := range w {
		if group.due > now.Unix() {
			continue
		}
		if due[group.tries] == nil {
			due[group.tries] = roaring.New()
		}
		due[group.tries].Or(group.readers)
	}
	return due
}

// next is the earliest due time; false if nobody waits.
func (w waits) next() (time.Time, bool) {
	if len(w) == 0 {
		return time.Time{}, false
	}
	first := slices.MinFunc(w, func(a, b wait) int { return cmp.Compare(a.due, b.due) })
	return time.Unix(first.due, 0).UTC(), true
}

// add lets a reader wait with the group of the same host, tries and second.
func (w *waits) add(offset uint32, to wait) {
	to.tries = min(to.tries, maxTries)
	i, found := slices.BinarySearchFunc(*w, to, compareWaits)
	if !found {
		to.readers = roaring.New()
		*w = slices.Insert(*w, i, to)
	}
	(*w)[i].readers.Add(offset)
	if !found {
		w.merge(to.host)
	}
}

// remove takes a reader out, and says at which host they waited.
func (w *waits) remove(offset uint32) (host string, waited bool) {
	for i, group := range *w {
		if group.readers.CheckedRemove(offset) {
			if group.readers.IsEmpty() {
				*w = slices.Delete(*w, i, i+1)
			}
			return group.host, true
		}
	}
	return "", false
}

// merge keeps a host's due times few: of the two of the same tries that are
// closest together, the earlier moves to the later, because nobody may be tried
// too soon. The last one of the same tries stays alone: it may be the deadline's.
func (w *waits) merge(host string) {
	first := slices.IndexFunc(*w, func(group wait) bool { return group.host == host })
	groups := (*w)[first:]
	if end := slices.IndexFunc(groups, func(group wait) bool { return group.host != host }); end >= 0 {
		groups = groups[:end]
	}
	if len(groups) <= maxWaits {
		return
	}
	closest := -1
	for i := range len(groups) - 2 {
		if groups[i].tries != groups[i+2].tries {
			continue
		}
		if closest < 0 || groups[i+1].due-groups[i].due < groups[closest+1].due-groups[closest].due {
			closest = i
		}
	}
	if closest < 0 {
		return
	}
	groups[closest+1].readers.Or(groups[closest].readers)
	*w = slices.Delete(*w, first+closest, first+closest+1)
}

func compareWaits(a, b wait) int {
	return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.tries, b.tries), cmp.Compare(a.due, b.due))
}

// roundUp is a time in whole Unix seconds, never too early.
func roundUp(t time.Time) int64 { return t.Add(time.Second - 1).Unix() }
