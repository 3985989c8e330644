package preferences

import (
	"fmt"
	"time"

	"newsbell/models/validation"
)

// QuietHours are the hours of every day, in a reader's local time, in which they must not
// be disturbed. They may include midnight.
type QuietHours struct {
	From, Until WallTime
	// KeyWakes allows the alerts of key moments and of the resolution.
	KeyWakes bool
}

// WallTime is a time of day in minutes after midnight, from 0 to 1439.
type WallTime int16

const minutesADay = 24 * 60

// ParseWallTime reads "22:00".
func ParseWallTime(s string) (WallTime, error) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, fmt.Errorf("%q is no time of day such as 22:00", s)
	}
	return wallTime(t), nil
}

// String is the time as the API writes it.
func (w WallTime) String() string { return fmt.Sprintf("%02d:%02d", w/60, w%60) }

func wallTime(t time.Time) WallTime { return WallTime(t.Hour()*60 + t.Minute()) }

// Validate adds what is wrong with the quiet hours that a reader asks for.
func (q QuietHours) Validate(p *validation.Problems) {
	if q.From == q.Until {
		p.Add("quiet_hours", "must not begin when they end; pause your alerts to get none")
	}
	if q.From < 0 || q.From >= minutesADay || q.Until < 0 || q.Until >= minutesADay {
		p.Add("quiet_hours", "must be times of a day")
	}
}

// contains reports whether it is quiet at a time of day.
func (q QuietHours) contains(w WallTime) bool {
	if q.From < q.Until {
		return q.From <= w && w < q.Until
	}
	return w >= q.From || w < q.Until
}

// end returns the first moment from now on at which it is not quiet in a zone: now itself,
// if it is not quiet. It follows changes of the clock on the way, also over the end
// itself.
func (q QuietHours) end(now time.Time, zone *time.Location) time.Time {
	for at := now.In(zone); ; {
		wall := wallTime(at)
		if !q.contains(wall) {
			return at.UTC()
		}
		left := time.Duration((q.Until-wall+minutesADay)%minutesADay) * time.Minute
		next := at.Truncate(time.Minute).Add(left) // offsets of zones are whole minutes since 1972
		if _, turn := at.ZoneBounds(); !turn.IsZero() && turn.Before(next) {
			next = turn // look again where the clock changes
		}
		at = next
	}
}
