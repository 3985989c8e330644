package ledger

import (
	"cmp"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

const (
	// maxRetries bounds the due times that a push service has in one shard: each of
	// them is a pass over the shard.
	maxRetries = 32
	// maxTries is the number at which tries are no longer counted. The wait between
	// retries no longer grows by then, and there are always two due times of the same
	// tries to merge.
	maxTries = 10
)

// retry is a group of readers of one push service that are tried again in the same second,
// after the same number of tries. That number decides what a failure means, so that
// groups of different tries are never merged.
type retry struct {
	service string
	due     int64 // Unix seconds
	tries   int
	readers *roaring.Bitmap
}

// retries are sorted by push service, then by tries, then by due time.
type retries []retry

func (r retries) has(offset uint32) bool {
	return slices.ContainsFunc(r, func(group retry) bool { return group.readers.Contains(offset) })
}

// readers returns all readers that have a retry.
func (r retries) readers() *roaring.Bitmap {
	all := roaring.New()
	for _, group := range r {
		all.Or(group.readers)
	}
	return all
}

// due returns the readers whose retry is due, by how often they have been tried.
func (r retries) due(now time.Time) map[int]*roaring.Bitmap {
	due := map[int]*roaring.Bitmap{}
	for _, group := range r {
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

// next returns the earliest due time; false if there is no retry.
func (r retries) next() (time.Time, bool) {
	if len(r) == 0 {
		return time.Time{}, false
	}
	first := slices.MinFunc(r, func(a, b retry) int { return cmp.Compare(a.due, b.due) })
	return time.Unix(first.due, 0).UTC(), true
}

// add adds a reader to the group of the same push service, tries and second.
func (r *retries) add(offset uint32, to retry) {
	to.tries = min(to.tries, maxTries)
	i, found := slices.BinarySearchFunc(*r, to, compareRetries)
	if !found {
		to.readers = roaring.New()
		*r = slices.Insert(*r, i, to)
	}
	(*r)[i].readers.Add(offset)
	if !found {
		r.merge(to.service)
	}
}

// remove removes a reader, and returns the group that it was in.
func (r *retries) remove(offset uint32) (group retry, waited bool) {
	for i, group := range *r {
		if group.readers.CheckedRemove(offset) {
			if group.readers.IsEmpty() {
				*r = slices.Delete(*r, i, i+1)
			}
			return group, true
		}
	}
	return retry{}, false
}

// merge bounds a push service's due times: of the two of the same tries that are closest
// together, the earlier moves to the later, because no reader may be tried too soon. The
// last one of the same tries is not merged: it may be the deadline.
func (r *retries) merge(service string) {
	first := slices.IndexFunc(*r, func(group retry) bool { return group.service == service })
	groups := (*r)[first:]
	if end := slices.IndexFunc(groups, func(group retry) bool { return group.service != service }); end >= 0 {
		groups = groups[:end]
	}
	if len(groups) <= maxRetries {
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
	*r = slices.Delete(*r, first+closest, first+closest+1)
}

func compareRetries(a, b retry) int {
	return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.tries, b.tries), cmp.Compare(a.due, b.due))
}

// roundUp returns a time in whole Unix seconds, never too early.
func roundUp(t time.Time) int64 { return t.Add(time.Second - 1).Unix() }
