package notifier

import "sync"

// noticeLimit shares the notices in flight among push services. One may have as
// many as are left for the others, so that some that hang leave room for those
// that do not.
type noticeLimit struct {
	mu       sync.Mutex
	free     int
	inFlight map[string]int // by push service
}

// share is how many notices may be claimed now, and the push services that have
// enough. It is a part of the room, since who they are for is not known before.
func (l *noticeLimit) share() (size int, except []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for service, n := range l.inFlight {
		if n >= l.free {
			except = append(except, service)
		}
	}
	return (l.free + 3) / 4, except
}

func (l *noticeLimit) take(service string, count int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free -= count
	l.inFlight[service] += count
}

func (l *noticeLimit) release(service string, count int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free += count
	if l.inFlight[service] -= count; l.inFlight[service] == 0 {
		delete(l.inFlight, service)
	}
}
