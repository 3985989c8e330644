package models

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"newsbell/models/arrival"
	"newsbell/models/endpoints"
	"newsbell/models/ledger"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// AlertCount is what happened to an alert's readers at one push service in one interval of
// time (see [arrival.IntervalOf]). It is written in the transaction that records the
// results, so that the sum of an alert's rows is what its shards say.
type AlertCount struct {
	AlertID int64 `gorm:"primaryKey;autoIncrement:false"`
	// PushService is empty for receipts: they do not say it.
	PushService string `gorm:"primaryKey"`
	// AfterMS is when the interval begins, in milliseconds after the undo window; negative
	// for what was recorded before intervals were counted.
	AfterMS int64 `gorm:"column:after_ms;primaryKey;autoIncrement:false"`
	// Accepted, Gone, Failed and Deferred are how many readers got this outcome in the
	// interval. Waiting is how many more, or less, waited for a retry at its end.
	Accepted, Gone, Failed, Waiting, Deferred int
	// Unauthorized, Rejected, Throttled and Unanswered are how many pushes the push service
	// refused because of our key, refused for another reason, asked to send later, and did
	// not answer or answered with an error of its own.
	Unauthorized, Rejected, Throttled, Unanswered int
	// Shown, Clicked and Dismissed are how many browsers reported it.
	Shown, Clicked, Dismissed int
}

// counted are the columns that are added up.
var counted = [...]string{
	"accepted", "gone", "failed", "waiting", "deferred", "unauthorized", "rejected", "throttled", "unanswered", "shown", "clicked", "dismissed",
}

// isZero reports whether nothing was counted.
func (c AlertCount) isZero() bool {
	return c == AlertCount{AlertID: c.AlertID, PushService: c.PushService, AfterMS: c.AfterMS}
}

// Elapsed is when the interval begins, after the undo window.
func (c AlertCount) Elapsed() time.Duration { return time.Duration(c.AfterMS) * time.Millisecond }

// AlertCounts returns an alert's counts in the order of time.
func (s *Store) AlertCounts(ctx context.Context, alertID int64) ([]AlertCount, error) {
	var rows []AlertCount
	err := s.db.Read.WithContext(ctx).Order("after_ms, push_service").Find(&rows, "alert_id = ?", alertID).Error
	if err != nil {
		return nil, fmt.Errorf("counts of alert %d: %w", alertID, err)
	}
	return rows, nil
}

// HostCounts returns an alert's counts by push service. Hosts whose names anybody may have
// invented, and that accepted nothing, are counted together under the rule that allows
// them, such as "*.push.apple.com".
func (s *Store) HostCounts(ctx context.Context, alertID int64) (map[string]Counts, error) {
	var rows []AlertCount
	err := s.db.Read.WithContext(ctx).Model(&AlertCount{}).
		Select("push_service, sum(accepted) AS accepted, sum(gone) AS gone, sum(failed) AS failed, sum(waiting) AS waiting, sum(deferred) AS deferred").
		Where("alert_id = ? AND push_service <> ''", alertID).Group("push_service").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count push hosts: %w", err)
	}
	total := make(map[string]Counts, len(rows))
	for _, row := range rows {
		total[row.PushService] = Counts{Accepted: row.Accepted, Gone: row.Gone, Failed: row.Failed, Waiting: row.Waiting, Deferred: row.Deferred}
	}
	return s.foldHosts(total), nil
}

// foldHosts counts the hosts below a wildcard together that accepted nothing.
func (s *Store) foldHosts(total map[string]Counts) map[string]Counts {
	folded := make(map[string]Counts, len(total))
	for host, counts := range total {
		if counts.Accepted == 0 {
			host = s.countedTogether(host)
		}
		folded[host] = folded[host].Plus(counts)
	}
	return folded
}

// countedTogether returns the wildcard that allows a host; the host itself if none does.
func (s *Store) countedTogether(host string) string {
	if rule, ok := s.hosts.Wildcard(host); ok {
		return rule
	}
	return host
}

// countedAs returns the name under which a reader's push service is counted. Until it
// accepts a push, that is the wildcard that allows it, so that invented names leave room
// for others.
func countedAs(services ledger.PerService, endpoint string, outcome ledger.Outcome, hosts endpoints.Allowlist) string {
	host := endpoints.PushService(endpoint)
	if rule, ok := hosts.Wildcard(host); ok && outcome != ledger.Accepted && services[host] == nil {
		return rule
	}
	return host
}

const (
	// An estimate uses the last estimateAlerts alerts, of estimateWithin.
	estimateAlerts = 8
	estimateWithin = 30 * 24 * time.Hour
)

// EstimateArrival estimates when the pushes of an alert to a number of readers will have
// been accepted, from the last alerts that ended before an alert, or from all if that is 0.
// services are the readers by push service, as [Store.MeasureAudience] counts them; if it
// is empty, they are spread as those of the last alerts. It returns false if those say too
// little.
func (s *Store) EstimateArrival(ctx context.Context, readers int, services map[string]int, before int64) (arrival.Curve, bool, error) {
	var rows []AlertCount
	err := s.db.Read.WithContext(ctx).Select("alert_id", "push_service", "after_ms", "accepted").
		Where("accepted > 0 AND after_ms >= 0").
		Where(`alert_id IN (SELECT id FROM alerts WHERE (? = 0 OR id < ?) AND created_at > ? AND finished_at IS NOT NULL
			AND catch_up_until IS NULL AND outage_id IN (SELECT id FROM outages WHERE kind <> ?) AND EXISTS (SELECT 1 FROM shards WHERE shards.alert_id = alerts.id AND accepted > 0)
			ORDER BY id DESC LIMIT ?)`, before, before, s.Now().Add(-estimateWithin), Drill, estimateAlerts).
		Order("alert_id DESC").Find(&rows).Error
	if err != nil {
		return nil, false, fmt.Errorf("estimate arrival: %w", err)
	}
	estimate, ok := arrival.Estimate(readers, services, s.arrivals(rows))
	return estimate, ok, nil
}

// arrivals returns how fast each push service accepted each alert. The rows must be in the
// order of the alerts.
func (s *Store) arrivals(rows []AlertCount) (alerts []arrival.Alert) {
	for len(rows) > 0 {
		counts := map[string][]AlertCount{}
		id := rows[0].AlertID
		for ; len(rows) > 0 && rows[0].AlertID == id; rows = rows[1:] {
			service := s.countedTogether(rows[0].PushService)
			counts[service] = append(counts[service], rows[0])
		}
		alert := arrival.Alert{}
		for service, counted := range counts {
			alert[service] = AcceptedCurve(counted)
		}
		alerts = append(alerts, alert)
	}
	return alerts
}

// AcceptedCurve returns the curve of accepted pushes.
func AcceptedCurve(rows []AlertCount) arrival.Curve {
	return curveOf(rows, func(c AlertCount) int { return c.Accepted })
}

// ShownCurve returns the curve of the notifications that browsers said they showed.
func ShownCurve(rows []AlertCount) arrival.Curve {
	return curveOf(rows, func(c AlertCount) int { return c.Shown })
}

func curveOf(rows []AlertCount, count func(AlertCount) int) arrival.Curve {
	counts := make([]arrival.Count, 0, len(rows))
	for _, row := range rows {
		if row.AfterMS >= 0 {
			counts = append(counts, arrival.Count{Start: row.Elapsed(), N: count(row)})
		}
	}
	return arrival.CurveOf(counts)
}

// elapsedMS returns the interval of a time, as [AlertCount.AfterMS].
func (a Alert) elapsedMS(now time.Time) int64 {
	return arrival.IntervalOf(now.Sub(a.HoldUntil)).Milliseconds()
}

// countAnswers counts a page's answers that were not "accepted", until the page is
// written. A push that was not sent has none.
func (c *Claim) countAnswers(results []Result, hosts endpoints.Allowlist) {
	c.answers = map[string]AlertCount{}
	for _, r := range results {
		if r.Outcome == ledger.Accepted || r.Outcome == ledger.Gone || r.Status == 0 && r.NotAttempted {
			continue
		}
		service := c.Ledger.PerService.Slot(countedAs(c.Ledger.PerService, r.Recipient.Endpoint, r.Outcome, hosts))
		count := c.answers[service]
		switch {
		case r.KeyMismatch, r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden:
			count.Unauthorized++
		case r.Status == http.StatusTooManyRequests, r.Status == http.StatusNotAcceptable:
			count.Throttled++
		case r.Status == 0, r.Status >= http.StatusInternalServerError:
			count.Unanswered++
		default:
			count.Rejected++
		}
		c.answers[service] = count
	}
}

// addCounts adds what the claim has recorded since it was last written. It must be the last
// statement of its transaction that locks rows: those of an alert's workers meet here.
func (s *Store) addCounts(tx *gorm.DB, c *Claim) error {
	var rows []AlertCount
	afterMS := c.Alert.elapsedMS(s.Now())
	for service, counts := range c.Ledger.PerService.Since(c.written) {
		row := c.answers[service]
		row.AlertID, row.PushService, row.AfterMS = c.Alert.ID, service, afterMS
		row.Accepted, row.Gone, row.Failed, row.Waiting, row.Deferred = counts.Accepted, counts.Gone, counts.Failed, counts.Waiting, counts.Deferred
		rows = append(rows, row)
	}
	return addAlertCounts(tx, rows)
}

// isCounted notes that the claim is written.
func (c *Claim) isCounted() { c.written, c.answers = c.Ledger.PerService.Clone(), nil }

// addAlertCounts adds rows to those that are there, always in the same order, so that
// processes do not deadlock.
func addAlertCounts(tx *gorm.DB, rows []AlertCount) error {
	rows = slices.DeleteFunc(rows, AlertCount.isZero)
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b AlertCount) int {
		return cmp.Or(cmp.Compare(a.AlertID, b.AlertID), cmp.Compare(a.PushService, b.PushService))
	})
	return tx.Clauses(addUp).Create(&rows).Error
}

// addUp adds the counts of a row to those of the row that is there.
var addUp = clause.OnConflict{
	Columns:   []clause.Column{{Name: "alert_id"}, {Name: "push_service"}, {Name: "after_ms"}},
	DoUpdates: clause.Assignments(maps.Collect(sums)),
}

func sums(yield func(string, any) bool) {
	for _, column := range counted {
		if !yield(column, gorm.Expr("alert_counts."+column+" + excluded."+column)) {
			return
		}
	}
}
