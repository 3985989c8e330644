package arrival_test

import (
	"testing"
	"time"

	"newsbell/models/arrival"
)

const second = time.Second

func TestIntervalsGrowWithTime(t *testing.T) {
	for elapsed, want := range map[time.Duration]time.Duration{
		-second:                        0,
		0:                              0,
		1234 * time.Millisecond:        1200 * time.Millisecond,
		10*second - 1:                  9900 * time.Millisecond,
		10*second + second/2:           10 * second,
		119*second + second/2:          119 * second,
		2*time.Minute + 19*second:      2*time.Minute + 10*second,
		21*time.Minute + 59*second:     21 * time.Minute,
		3*time.Hour + 9*time.Minute:    3 * time.Hour,
		26*time.Hour + 12*time.Minute:  26*time.Hour + 10*time.Minute,
		2*time.Hour - time.Millisecond: 2*time.Hour - time.Minute,
	} {
		if got := arrival.IntervalOf(elapsed); got != want {
			t.Errorf("the interval of %v begins at %v; want %v", elapsed, got, want)
		}
	}
}
