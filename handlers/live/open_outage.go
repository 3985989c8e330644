package live

import (
	"cmp"
	"slices"
	"sync"

	"newsbell/models"
)

// keptEvents is the number of an outage's newest updates that are kept in memory for
// pages that reconnect; older ones come from the database.
const keptEvents = 64

// openOutage is an outage with open pages, and its newest events. Each page keeps its
// own position, so a slow page does not delay others and needs no queue.
type openOutage struct {
	slug string
	// pages is the number of open pages; the hub's lock guards it.
	pages int

	// reading is locked while the database is read.
	reading sync.Mutex
	isRead  bool

	mu     sync.Mutex
	outage models.Outage
	// reloads counts how often the outage was closed or opened again without an update.
	reloads int
	// events are the newest events in the order of their IDs, all above floor.
	events []event
	floor  int64
	more   chan struct{} // closed when events are added
}

func newOpenOutage(slug string) *openOutage {
	return &openOutage{slug: slug, more: make(chan struct{})}
}

// replace replaces the outage and its events, and wakes every page.
func (o *openOutage) replace(outage models.Outage, events []event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.outage, o.events, o.floor = outage, events, 0
	if len(events) >= keptEvents { // there may be older ones
		o.floor = events[0].id - 1
	}
	o.wake()
}

// model returns the outage as it was last read.
func (o *openOutage) model() models.Outage {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.outage
}

// stateRead remembers the state of the outage. If no resolution among its new updates has
// changed it, every page must reload.
func (o *openOutage) stateRead(read models.Outage, hasResolution bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if hasResolution { // its event changes the pages
		read.State = models.Resolved
	} else if read.State != o.outage.State {
		o.reloads++
		o.wake()
	}
	o.outage = read
}

// reloadsSince returns a reset if there were other reloads than a page knows of, and how many.
func (o *openOutage) reloadsSince(known int, last int64) (events []event, now int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.reloads != known {
		events = []event{resetEvent(last)}
	}
	return events, o.reloads
}

// newest returns the position of the last known update; 0 if there is none.
func (o *openOutage) newest() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lastID()
}

// lastID is newest without locking; the caller holds the lock.
func (o *openOutage) lastID() int64 {
	if len(o.events) == 0 {
		return o.floor
	}
	return o.events[len(o.events)-1].id
}

// after returns the events after an ID, and a channel that is closed when there are
// more. isKept is false if only the database has all of them. If the ID is above the
// newest update's, it returns a reset.
func (o *openOutage) after(id int64) (events []event, more <-chan struct{}, isKept bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if newest := o.lastID(); id > newest {
		return []event{resetEvent(newest)}, o.more, true
	}
	if id < o.floor {
		return nil, o.more, false
	}
	next, _ := slices.BinarySearchFunc(o.events, id+1, func(e event, id int64) int { return cmp.Compare(e.id, id) })
	return o.events[next:], o.more, true
}

// append adds events and wakes every page.
func (o *openOutage) append(events []event) {
	if len(events) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, events...)
	if surplus := len(o.events) - keptEvents; surplus > 0 {
		o.floor = o.events[surplus-1].id
		o.events = slices.Clone(o.events[surplus:])
	}
	o.wake()
}

// wake wakes every page; the caller holds the lock.
func (o *openOutage) wake() {
	close(o.more)
	o.more = make(chan struct{})
}
