package views

import (
	"cmp"
	"slices"
	"strings"

	"newsbell/models"
	"newsbell/static"
)

// pushServices names the push services of the common browsers, by the host that audiences
// are counted under.
var pushServices = map[string]string{
	"fcm.googleapis.com":                "Google",
	"jmt17.google.com":                  "Google",
	"updates.push.services.mozilla.com": "Mozilla",
	"*.push.apple.com":                  "Apple",
	"*.notify.windows.com":              "Microsoft",
}

// PushService returns the name of the push service with a host, or of the hosts that a rule
// such as "*.push.apple.com" allows; the host itself if it is not known.
func PushService(host string) string {
	_, domain, _ := strings.Cut(host, ".")
	return cmp.Or(pushServices[host], pushServices["*."+domain], host)
}

// Audience returns the view of an audience.
func Audience(counts models.AudienceCounts) static.EditorAudience {
	view := static.EditorAudience{
		Readers: counts.Readers, All: counts.Levels[models.LevelAll], Key: counts.Levels[models.LevelKey],
		Resolution: counts.Levels[models.LevelResolution], InQuietHours: counts.InQuietHours, OverCap: counts.OverCap,
		PushServices: []static.EditorPushService{},
	}
	named := map[string]int{}
	for host, readers := range counts.PushServices {
		named[PushService(host)] += readers
	}
	for name, readers := range named {
		view.PushServices = append(view.PushServices, static.EditorPushService{Name: name, Readers: readers})
	}
	slices.SortFunc(view.PushServices, func(a, b static.EditorPushService) int {
		return cmp.Or(cmp.Compare(b.Readers, a.Readers), cmp.Compare(a.Name, b.Name))
	})
	return view
}
