// Package preferences says when a reader may be sent an alert: quiet hours in their time
// zone, an hourly cap, a pause.
package preferences

import (
	"database/sql"
	"time"
)

// Delivery are a reader's delivery preferences, as an alert needs them.
type Delivery struct {
	QuietFrom, QuietUntil sql.NullInt16
	// KeyWakes allows urgent alerts in quiet hours.
	KeyWakes bool
	// HourlyCap is how many alerts an hour may be sent; 0: any number.
	HourlyCap int
	// TimeZone is an IANA name.
	TimeZone sql.NullString
	Recent   RecentAlerts
}

// NextAllowed returns the first moment from now on at which an alert may be sent.
func (d *Delivery) NextAllowed(now time.Time, urgent bool) time.Time {
	at := now
	if d.HourlyCap > 0 {
		at = d.Recent.NextAllowed(now, d.HourlyCap)
	}
	if !d.QuietFrom.Valid || d.KeyWakes && urgent && !at.After(now) {
		return at
	}
	quiet := QuietHours{From: WallTime(d.QuietFrom.Int16), Until: WallTime(d.QuietUntil.Int16)}
	return quiet.end(at, zoneOf(d.TimeZone.String))
}
