package notifier

import "sync"

// noticeRoom shares the notices in flight among push services. One may have as
// many as are left for the others, so that some that hang leave room for those
// that do not.
type noticeRoom struct {
	mu       sync.Mutex
	free     int
	inFlight map[string]int // by push service
}

// share is how many notices may be claimed now, and the push services that have
// enough. It is a part of the room, since who they are for is not known before.
func (r *noticeRoom) share() (size int, except []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for service, n := range r.inFlight {
		if n >= r.free {
			except = append(except, service)
		}
	}
	return (r.free + 3) / 4, except
}

// enter takes room for a push service, or gives it back.
func (r *noticeRoom) enter(service string, size int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free -= size
	if r.inFlight[service] += size; r.inFlight[service] == 0 {
		delete(r.inFlight, service)
	}
}
