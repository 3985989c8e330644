package models

import (
	"context"
	"fmt"
	"time"

	"newsbell/models/preferences"
)

// SubscriptionData is what is stored of a subscription besides its row and its follows.
type SubscriptionData struct {
	// Recent are the times of the last alerts, while there is an hourly cap.
	Recent []time.Time
	// Alerts are all alerts to it, the newest first.
	Alerts   []SentAlert
	Failures []Failure
	CatchUps []StoredCatchUp
	Notices  []Notice
	// Linked are the links of the browser to people of the newsroom: at most one.
	Linked []LinkedBrowser
}

// StoredCatchUp says that alerts of an outage were deferred for a reader, who will get
// one catch-up for them.
type StoredCatchUp struct {
	// Outage is the outage's slug.
	Outage string
	// FirstAlertID and AlertID are the first and the last that were deferred.
	FirstAlertID, AlertID int64
	Reach                 Level
	DueAt                 time.Time
}

// SubscriptionData returns everything that is stored of a subscription, for its reader to
// see.
func (s *Store) SubscriptionData(ctx context.Context, sub Subscription) (data SubscriptionData, err error) {
	if data.Alerts, err = s.sentAlerts(ctx, sub, everyAlert, everyAlert); err != nil {
		return data, err
	}
	data.Recent = preferences.RecentAlerts(sub.Recent).Times()
	db := s.db.Read.WithContext(ctx)
	err = db.Order("id").Find(&data.Failures, "subscription_id = ?", sub.ID).Error
	if err == nil {
		err = db.Table("catch_ups").Joins("JOIN outages ON outages.id = catch_ups.outage_id").
			Select("outages.slug AS outage, first_alert_id, alert_id, reach, due_at").Order("due_at, outage_id").
			Find(&data.CatchUps, "subscription_id = ?", sub.ID).Error
	}
	if err == nil {
		err = db.Order("id").Find(&data.Notices, "subscription_id = ?", sub.ID).Error
	}
	if err == nil {
		err = db.Find(&data.Linked, "subscription_id = ?", sub.ID).Error
	}
	if err != nil {
		return data, fmt.Errorf("data of subscription %d: %w", sub.ID, domain(err))
	}
	return data, nil
}
