package models

import (
	"context"
	"net/url"
	"time"
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

// Failures are the failures of an alert, the oldest first.
func (s *Store) Failures(ctx context.Context, alert Alert, limit int) ([]Failure, error) {
	var failures []Failure
	err := s.read.WithContext(ctx).Order("id").Limit(limit).Find(&failures, "alert_id = ?", alert.ID).Error
	return failures, domain(err)
}

func (c *Claim) failure(r Result, now time.Time) Failure {
	f := Failure{
		AlertID: c.Alert.ID, SubscriptionID: r.Recipient.ID,
		Status: r.Status, Reason: r.Reason, CreatedAt: now,
	}
	if endpoint, err := url.Parse(r.Recipient.Endpoint); err == nil {
		f.PushHost = endpoint.Host
	}
	return f
}
