package models_test

import (
	"context"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

// fakeNotifier plans and delivers alerts as a notifier does, but sends nothing: it
// notes which reader would have been sent what, and when.
type fakeNotifier struct {
	t  testing.TB
	db *modelstest.DB
	// answer returns the outcome of a push. Default: accepted.
	answer    func(models.Recipient) ledger.Outcome
	delivered []deliveredAlert
}

// deliveredAlert is an alert that was accepted for a reader.
type deliveredAlert struct {
	reader, update int64
	catchUp        bool
	at             time.Time
}

// retryAfter is how long a push waits for a retry.
const retryAfter = 20 * time.Minute

func newFakeNotifier(t testing.TB, db *modelstest.DB) *fakeNotifier {
	return &fakeNotifier{t: t, db: db, answer: func(models.Recipient) ledger.Outcome { return ledger.Accepted }}
}

// neverReaches makes every push to a reader wait for a retry.
func (n *fakeNotifier) neverReaches(reader models.Subscription) {
	n.answer = func(r models.Recipient) ledger.Outcome {
		if r.ID == reader.ID {
			return ledger.Waiting
		}
		return ledger.Accepted
	}
}

// sendDue plans and delivers everything that is due.
func (n *fakeNotifier) sendDue() {
	n.t.Helper()
	for range 2 { // the second plans the catch-ups that the first opened
		ids, err := n.db.UnplannedAlerts(n.t.Context())
		n.must(err)
		for _, id := range ids {
			n.db.PlanAll(id)
		}
		shards, err := n.db.DueShards(n.t.Context(), 1000)
		n.must(err)
		for _, shard := range shards {
			n.deliver(shard.ID)
		}
		n.must(n.db.OpenCatchUps(n.t.Context()))
	}
}

func (n *fakeNotifier) deliver(shardID int64) {
	n.t.Helper()
	claim, err := n.db.Claim(n.t.Context(), shardID)
	n.must(err)
	if claim.Rebuilt != "" {
		n.t.Errorf("shard %d was rebuilt: %s", shardID, claim.Rebuilt)
	}
	n.must(n.db.Deliver(n.t.Context(), claim, models.Delivery{
		Send: func(_ context.Context, recipients []models.Recipient, _ int) (results []models.Result, _ error) {
			for _, r := range recipients {
				results = append(results, n.push(claim.Alert, r))
			}
			return results, nil
		},
	}))
}

func (n *fakeNotifier) push(alert models.Alert, r models.Recipient) models.Result {
	result := models.Result{Recipient: r, Outcome: n.answer(r), Due: n.db.Now().Add(retryAfter)}
	if result.Outcome == ledger.Accepted {
		n.delivered = append(n.delivered, deliveredAlert{r.ID, alert.UpdateID, alert.IsCatchUp(), n.db.Now()})
	}
	return result
}

// deliveredTo returns what was delivered to a reader.
func (n *fakeNotifier) deliveredTo(reader models.Subscription) (alerts []deliveredAlert) {
	for _, alert := range n.delivered {
		if alert.reader == reader.ID {
			alerts = append(alerts, alert)
		}
	}
	return alerts
}

func (n *fakeNotifier) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}
