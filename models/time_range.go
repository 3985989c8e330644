package models

import "time"

var (
	// Always is the end of a pause that lasts until its reader ends it.
	Always = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

	epoch       = time.Unix(0, 0).UTC()
	firstOutage = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
)

const (
	// clockSkew is how far a client's clock may be ahead of ours.
	clockSkew = time.Minute
	// longestPause is how far away the end of a pause may be, unless it is Always.
	longestPause = 10 * 365 * 24 * time.Hour
)

// time checks a time that a client sent. What counts is the instant: a zone
// can carry a good year over the end of the calendar.
func (p *problems) time(field string, t, from, until time.Time) {
	if t.Before(from) || t.After(until) {
		p.add(field, "must lie between %s and %s", from.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339))
	}
}
