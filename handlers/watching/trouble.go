package watching

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/static"
)

// servicesOf returns the counts of the push services, the largest first.
func servicesOf(hosts map[string]models.Counts) []static.EditorService {
	services := make([]static.EditorService, 0, len(hosts))
	for host, counts := range hosts {
		if counts != (models.Counts{}) {
			services = append(services, static.EditorService{Name: views.PushService(host), Host: host, Counts: views.Counts(counts)})
		}
	}
	slices.SortFunc(services, func(a, b static.EditorService) int {
		return cmp.Or(cmp.Compare(b.Done()+b.Waiting, a.Done()+a.Waiting), cmp.Compare(a.Host, b.Host))
	})
	return services
}

// fault is why a push service did not accept pushes.
type fault struct {
	// words say it, with the push service's name; advice says what to do.
	words, advice string
	// count returns how many pushes of an interval it concerned.
	count func(models.AlertCount) int
}

var faults = []fault{
	{"%s refuses our key", "Ask the people who run the server to check its clock, its VAPID keys and its contact address.",
		func(c models.AlertCount) int { return c.Unauthorized }},
	{"%s asks us to send more slowly", "There is nothing to do: Newsbell sends as fast as the push service allows.",
		func(c models.AlertCount) int { return c.Throttled }},
	{"%s does not answer or has a fault", "Ask the people who run the server to check its connection and the push service's status page.",
		func(c models.AlertCount) int { return c.Unanswered }},
	{"%s refuses pushes", "Ask the people who run the server to look at its log.",
		func(c models.AlertCount) int { return c.Rejected }},
}

// troublesOf says what is wrong at the push services at which pushes wait or have failed,
// judging by the last interval in which some were not accepted. The rows must be in the
// order of time.
func troublesOf(services []static.EditorService, rows []models.AlertCount, deadline time.Time) (found []static.EditorTrouble) {
	last := map[string]models.AlertCount{}
	for _, row := range rows {
		if row.Unauthorized+row.Throttled+row.Unanswered+row.Rejected > 0 {
			last[row.PushService] = row
		}
	}
	for _, service := range services {
		row, ok := last[service.Host]
		if !ok || service.Waiting+service.Failed == 0 {
			continue
		}
		worst := slices.MaxFunc(faults, func(a, b fault) int { return cmp.Compare(a.count(row), b.count(row)) })
		trouble := static.EditorTrouble{
			Words:  fmt.Sprintf(worst.words, service.Name) + ": " + service.Unreached() + ".",
			Advice: worst.advice,
		}
		if service.Waiting > 0 {
			trouble.RetriedUntil = &deadline
		}
		found = append(found, trouble)
	}
	return found
}
