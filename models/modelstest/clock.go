package modelstest

import (
	"sync"
	"time"
	"unsafe"
)

// Clock stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Corrected returns a reading of the machine's clock as it is after the clock was set: the
// wall time differs, and the monotonic reading is the same. No function of package
// time returns one.
func Corrected(reading time.Time, by time.Duration) time.Time {
	const hasMonotonic, secondsAt = 1 << 63, 30 // in package time's Time
	word := (*uint64)(unsafe.Pointer(&reading))
	if *word&hasMonotonic == 0 {
		panic("a reading of a clock is wanted")
	}
	*word += uint64(int64(by/time.Second) << secondsAt)
	return reading
}
