package validation

import "time"

// Time checks a time that a client sent, as an instant: with its zone, a valid year can
// become one that is not.
func (p *Problems) Time(field string, t, from, until time.Time) {
	if t.Before(from) || t.After(until) {
		p.Add(field, "must lie between %s and %s", from.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339))
	}
}
