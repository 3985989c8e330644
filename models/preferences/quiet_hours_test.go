package preferences

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// clocks are zones whose clocks do all that clocks do: none, an hour, half an
// hour, at midnight, twice a year in Ramadan, and a day that was skipped.
var clocks = []string{
	"UTC", "Europe/London", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Cairo",
	"Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia", "Asia/Beirut", "America/St_Johns", "Pacific/Chatham",
}

func TestQuietHoursEndAtTheFirstMinuteThatIsNotQuiet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(clocks).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		q := drawQuietHours(t)
		now := drawMoment(t, zone)
		end := q.end(now, zone)
		if q.contains(wallTime(end.In(zone))) {
			t.Fatalf("%v is quiet still", end.In(zone))
		}
		if end.Equal(now) {
			return
		}
		if !end.Truncate(time.Minute).Equal(end) || end.Before(now) {
			t.Errorf("they end at %v", end)
		}
		for at := now; at.Before(end); at = at.Add(time.Minute) {
			if !q.contains(wallTime(at.In(zone))) {
				t.Fatalf("it is not quiet at %v; want an end there, not at %v", at.In(zone), end.In(zone))
			}
		}
	})
}

func TestQuietHoursFollowTheClockThatIsPutForward(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	night := QuietHours{From: 22 * 60, Until: 7 * 60}
	end := night.end(time.Date(2022, 3, 26, 23, 0, 0, 0, time.UTC), london)
	if want := time.Date(2022, 3, 27, 6, 0, 0, 0, time.UTC); !end.Equal(want) {
		t.Errorf("the short night ends at %v; want %v", end, want)
	}
	gap := QuietHours{From: 0, Until: 90} // 01:30 is skipped that night
	end = gap.end(time.Date(2022, 3, 27, 0, 30, 0, 0, time.UTC), london)
	if want := time.Date(2022, 3, 27, 1, 0, 0, 0, time.UTC); !end.Equal(want) {
		t.Errorf("quiet hours that end in the skipped hour end at %v; want %v", end, want)
	}
}

func TestAnHourlyCapIsKeptInEveryHour(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hourlyCap := rapid.IntRange(1, 5).Draw(t, "cap")
		var r RecentAlerts
		var sent []time.Time
		now := time.Unix(1_600_000_000, 0)
		for range rapid.IntRange(1, 60).Draw(t, "alerts") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(40*time.Minute)).Draw(t, "after")))
			free := r.NextAllowed(now, hourlyCap)
			if free.After(now) {
				if free.Sub(now) > time.Hour+time.Second {
					t.Fatalf("free after %v", free.Sub(now))
				}
				continue
			}
			r = r.Add(now, hourlyCap)
			sent = append(sent, now)
			if n := len(sent) - 1 - hourlyCap; n >= 0 && now.Sub(sent[n]) < time.Hour {
				t.Fatalf("%d alerts within %v", hourlyCap+1, now.Sub(sent[n]))
			}
		}
		if len(r) > 4*hourlyCap {
			t.Errorf("%d bytes for a cap of %d", len(r), hourlyCap)
		}
	})
}

func drawQuietHours(t *rapid.T) QuietHours {
	from := rapid.IntRange(0, minutesADay-1).Draw(t, "from")
	return QuietHours{
		From:  WallTime(from),
		Until: WallTime((from + rapid.IntRange(1, minutesADay-1).Draw(t, "length")) % minutesADay),
	}
}

// drawMoment is often near a change of the zone's clock.
func drawMoment(t *rapid.T, zone *time.Location) time.Time {
	at := time.Unix(rapid.Int64Range(1_300_000_000, 1_900_000_000).Draw(t, "at"), 0)
	if _, turn := at.In(zone).ZoneBounds(); !turn.IsZero() && rapid.Bool().Draw(t, "near a turn") {
		at = turn.Add(time.Duration(rapid.Int64Range(-30, 30).Draw(t, "hours")) * time.Hour / 2)
	}
	return at.UTC()
}
