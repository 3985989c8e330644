package notifier

import "sync"

// noticeLimit divides the notices in flight among push services. Each may have no more than
// what is left for the others, so that a few that hang leave room for the rest.
type noticeLimit struct {
	mu       sync.Mutex
	free     int
	inFlight map[string]int // by push service
}

// share returns how many notices may be claimed now, and the push services that have
// their share. It is only a part of what is free, because the push services of the
// notices are not known before the claim.
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
