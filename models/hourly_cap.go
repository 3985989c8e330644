package models

import (
	"encoding/binary"
	"time"

	"newsbell/models/ledger"

	"gorm.io/gorm"
)

// maxHourlyCap is the highest cap that a reader can set.
const maxHourlyCap = 60

// recent are the times of the last alerts that a reader was sent, in Unix
// seconds, the oldest first, as many as their hourly cap: little-endian, 4
// bytes each.
type recent []byte

// sentWithin are the times that count at a time: those of the last hour.
func (r recent) sentWithin(now time.Time) []int64 {
	var times []int64
	for ; len(r) >= 4; r = r[4:] {
		if at := int64(binary.LittleEndian.Uint32(r)); at > now.Add(-time.Hour).Unix() {
			times = append(times, at)
		}
	}
	return times
}

// times are all that are still stored.
func (r recent) times() (all []time.Time) {
	for ; len(r) >= 4; r = r[4:] {
		all = append(all, time.Unix(int64(binary.LittleEndian.Uint32(r)), 0).UTC())
	}
	return all
}

// free is the first moment from now on at which a cap lets an alert through.
func (r recent) free(now time.Time, hourlyCap int) time.Time {
	times := r.sentWithin(now)
	if len(times) < hourlyCap {
		return now
	}
	return time.Unix(times[len(times)-hourlyCap], 0).Add(time.Hour).UTC()
}

// add notes that an alert was sent, and forgets what a cap need not know.
func (r recent) add(now time.Time, hourlyCap int) recent {
	times := append(r.sentWithin(now), ledger.RoundUp(now))
	var out recent
	for _, at := range times[max(0, len(times)-hourlyCap):] {
		out = binary.LittleEndian.AppendUint32(out, uint32(at))
	}
	return out
}

// recordRecent notes that readers with a cap were sent an alert. Those of a page
// have mostly been sent the same ones before, so that it takes few statements.
func (s *Store) recordRecent(tx *gorm.DB, results []Result) error {
	now := s.Now()
	alike := map[string][]int64{}
	for _, r := range results {
		if w := r.Recipient.wishes; r.Outcome == ledger.Accepted && w != nil && w.hourlyCap > 0 {
			after := string(w.recent.add(now, w.hourlyCap))
			alike[after] = append(alike[after], r.Recipient.ID)
		}
	}
	for after, readers := range alike {
		if err := tx.Model(&Subscription{}).Where("id IN ?", readers).UpdateColumn("recent", []byte(after)).Error; err != nil {
			return err
		}
	}
	return nil
}
