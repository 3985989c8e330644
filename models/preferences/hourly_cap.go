package preferences

import (
	"encoding/binary"
	"time"

	"newsbell/models/validation"
)

// maxHourlyCap is the highest cap that a reader can set.
const maxHourlyCap = 60

// ValidateHourlyCap adds what is wrong with a cap; 0 is none.
func ValidateHourlyCap(p *validation.Problems, alerts int) {
	if alerts < 0 || alerts > maxHourlyCap {
		p.Add("hourly_cap", "must be from 0, for any number, to %d", maxHourlyCap)
	}
}

// RecentAlerts are the times of the last alerts that a reader was sent, at most as
// many as the hourly cap, the oldest first: Unix seconds, little-endian, 4 bytes each.
type RecentAlerts []byte

// NextAllowed returns the first moment from now on at which a cap allows an alert.
func (r RecentAlerts) NextAllowed(now time.Time, hourlyCap int) time.Time {
	times := r.sentWithin(now)
	if len(times) < hourlyCap {
		return now
	}
	return time.Unix(times[len(times)-hourlyCap], 0).Add(time.Hour).UTC()
}

// Add returns the times with one more, without those that no longer count.
func (r RecentAlerts) Add(now time.Time, hourlyCap int) RecentAlerts {
	times := append(r.sentWithin(now), roundUp(now))
	var out RecentAlerts
	for _, at := range times[max(0, len(times)-hourlyCap):] {
		out = binary.LittleEndian.AppendUint32(out, uint32(at))
	}
	return out
}

// Times returns all times that are stored.
func (r RecentAlerts) Times() (all []time.Time) {
	for ; len(r) >= 4; r = r[4:] {
		all = append(all, time.Unix(int64(binary.LittleEndian.Uint32(r)), 0).UTC())
	}
	return all
}

// sentWithin returns the times of the hour before now, which count against the cap.
func (r RecentAlerts) sentWithin(now time.Time) []int64 {
	var times []int64
	for ; len(r) >= 4; r = r[4:] {
		if at := int64(binary.LittleEndian.Uint32(r)); at > now.Add(-time.Hour).Unix() {
			times = append(times, at)
		}
	}
	return times
}

// roundUp returns a time in whole Unix seconds, never before it.
func roundUp(t time.Time) int64 { return t.Add(time.Second - 1).Unix() }
