package handlers

import (
	"cmp"
	"slices"
	"sync"

	"newsbell/models"
)

// keptEvents is how many of an outage's newest updates wait in memory for pages
// that come back; older ones come from the database.
const keptEvents = 64

// story is what the open pages of one outage are told. A page keeps its place
// in it, so a slow one holds nobody up and needs no queue.
type story struct {
	slug string
	// pages are how many are open; the live pages' lock guards it.
	pages int

	// reading is held by the request that asks the database for more.
	reading sync.Mutex
	isRead  bool

	mu     sync.Mutex
	outage models.Outage
	// events are the newest, in the order of their IDs: all above floor.
	events []event
	floor  int64
	more   chan struct{} // closed when there are more
}

func newStory(slug string) *story {
	return &story{slug: slug, more: make(chan struct{})}
}

// begin takes an outage and the newest events that there are, in place of those
// it had, and wakes every page.
func (s *story) begin(outage models.Outage, events []event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outage, s.events, s.floor = outage, events, 0
	if len(events) >= keptEvents { // there may be older ones
		s.floor = events[0].id - 1
	}
	s.wake()
}

// about is the outage.
func (s *story) about() models.Outage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outage
}

// newest is the ID of the last update that is known; 0 before the first.
func (s *story) newest() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastID()
}

// lastID is newest with the lock held.
func (s *story) lastID() int64 {
	if len(s.events) == 0 {
		return s.floor
	}
	return s.events[len(s.events)-1].id
}

// after are the events after an update's, and what is closed when there are
// more. isKept is false when only the database still has all of them. To a page
// that is ahead of the newest update it is a reset.
func (s *story) after(id int64) (events []event, more <-chan struct{}, isKept bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if newest := s.lastID(); id > newest {
		return []event{resetEvent(newest)}, s.more, true
	}
	if id < s.floor {
		return nil, s.more, false
	}
	next, _ := slices.BinarySearchFunc(s.events, id+1, func(e event, id int64) int { return cmp.Compare(e.id, id) })
	return s.events[next:], s.more, true
}

// tell adds events and wakes every page.
func (s *story) tell(events []event) {
	if len(events) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, events...)
	if surplus := len(s.events) - keptEvents; surplus > 0 {
		s.floor = s.events[surplus-1].id
		s.events = slices.Clone(s.events[surplus:])
	}
	s.wake()
}

// wake wakes every page, with the lock held.
func (s *story) wake() {
	close(s.more)
	s.more = make(chan struct{})
}
