package models

import (
	"fmt"
	"math"
	"time"
)

// meanwhile begins the body of a catch-up: how the outage has gone while the
// reader was not disturbed. It is empty for any other alert.
func meanwhile(alert Alert) string {
	outage := alert.Outage
	switch {
	case !alert.IsCatchUp():
		return ""
	case outage.ResolvedAt != nil:
		return fmt.Sprintf("Resolved after %s.\n", lasted(outage.ResolvedAt.Sub(outage.BeganAt)))
	}
	return fmt.Sprintf("Still ongoing after %s.\n", lasted(alert.CreatedAt.Sub(outage.BeganAt)))
}

// lasted is a time in the unit that says enough: "25 min", "3 h", "2 days".
func lasted(d time.Duration) string {
	switch hours := d.Hours(); {
	case hours < 1:
		return fmt.Sprintf("%d min", max(1, int(math.Round(d.Minutes()))))
	case hours < 48:
		return fmt.Sprintf("%d h", int(math.Round(hours)))
	default:
		return fmt.Sprintf("%d days", int(math.Round(hours/24)))
	}
}
