package preferences

import (
	"fmt"
	"path"
	"sync"
	"time"
)

// zones caches time zones: there are few, and looking one up takes longer than everything
// else about a subscription.
var zones sync.Map

// utc stands for zones that this machine does not know.
const utc = "UTC"

// KnownZone returns the name, or UTC when this machine knows no zone of that name:
// browsers report Etc/Unknown, and zones that are newer than we are.
func KnownZone(name string) string {
	if name == "" || name == "Local" {
		return utc
	}
	if _, err := findZone(name); err != nil {
		return utc
	}
	return name
}

// zoneOf returns the zone of a stored name; UTC when only another machine knows it.
func zoneOf(name string) *time.Location {
	zone, err := findZone(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// findZone finds a zone by its IANA name.
func findZone(name string) (*time.Location, error) {
	if zone, known := zones.Load(name); known {
		return zone.(*time.Location), nil
	}
	if path.Clean(name) != name { // otherwise each has many names
		return nil, fmt.Errorf("%q is no name of a time zone", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, zone)
	return zone, nil
}
