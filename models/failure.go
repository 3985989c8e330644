package models

import (
	"context"
	"time"

	"newsbell/models/endpoints"
	"newsbell/models/ledger"
)

// Failure says why one reader could not be reached. Deliveries leave no row,
// only a bit in the ledger.
type Failure struct {
	ID             int64
	AlertID        int64
	SubscriptionID int64
	PushHost       string
	// Status is the push service's HTTP status; 0 if there was none.
	Status    int
	Reason    string
	CreatedAt time.Time
}

// gaveUp is the reason of who still waited when the time was up.
const gaveUp = "gave up at the deadline"

// giveUp records as failed all readers that wait.
func (s *Store) giveUp(ctx context.Context, c *Claim) error {
	return s.waitingPages(ctx, c, c.Ledger.Waiting(), func(page Page) error {
		results := make([]Result, len(page.Recipients))
		for i, r := range page.Recipients {
			results[i] = Result{Recipient: r, Outcome: ledger.Failed, Reason: gaveUp}
		}
		return s.Record(ctx, c, page, results)
	})
}

func (c *Claim) failure(r Result, now time.Time) Failure {
	return Failure{
		AlertID: c.Alert.ID, SubscriptionID: r.Recipient.ID, PushHost: endpoints.PushService(r.Recipient.Endpoint),
		Status: r.Status, Reason: r.Reason, CreatedAt: now,
	}
}
