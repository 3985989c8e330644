package notifier

import (
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/notifier/pushtest"
)

func TestOldSubscriptionsThatAreRefusedDelayNoReaderAndAreSkippedLater(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		n.options = func(o *Options) { o.Push.Now = n.Clock.Now }
		n.start(1)
		stale := n.readers(4*pageSize, everything)
		good := n.readers(2*pageSize, everything)
		n.service.Faults(func(endpoint string) *pushtest.Answer {
			i := slices.IndexFunc(stale, func(r *pushtest.Reader) bool { return r.Endpoint() == endpoint })
			if i < 0 {
				return nil
			}
			return &pushtest.Answer{Status: []int{401, 403, 400}[i%3]}
		})
		id := n.publish(models.Draft{})
		n.idle(id)
		for range 4 {
			n.Clock.Advance(time.Second)
			n.idle(id)
		}
		for i, reader := range good {
			if got := len(reader.Messages()); got != 1 {
				t.Fatalf("reader %d got %d messages within 4 s", i, got)
			}
		}
		for range 5 { // the refused get their second try
			n.Clock.Advance(refusedFor)
			n.idle(id)
		}
		if counts := n.finished(id); counts.Accepted != len(good) || counts.Failed != len(stale) {
			t.Errorf("counts = %+v; want the stale to have failed", counts)
		}
		n.finished(n.publish(models.Draft{}))
		asked := n.service.Stats().Requests
		n.finished(n.publish(models.Draft{}))
		if got := n.service.Stats().Requests - asked; got != len(good) {
			t.Errorf("%d requests; want none to readers that were refused twice", got)
		}
	})
}

// idle waits until there is nothing left to do of an alert now.
func (n *installation) idle(id int64) {
	n.t.Helper()
	n.until(id, func(a models.Alert, _ models.Counts) bool {
		due, err := n.DueShards(n.t.Context(), 1)
		if err != nil || a.PlannedAt == nil || len(due) > 0 {
			return false
		}
		owned, err := n.OwnedShards(n.t.Context()) // those are being sent
		return err == nil && len(owned) == 0
	})
}
