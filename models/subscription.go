package models

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"time"

	"gorm.io/gorm"

	"newsbell/models/endpoints"
	"newsbell/models/preferences"
	"newsbell/models/secrets"
	"newsbell/models/validation"
)

// maxFollows is how many topics one subscription may follow at the start.
const maxFollows = 100

// Subscription is one browser's Web Push subscription with its settings. Only
// the browser knows the secret that addresses it.
type Subscription struct {
	ID int64
	// Endpoint is in its normal form; EndpointHash is that of all its spellings.
	Endpoint     string
	EndpointHash []byte
	// PushService is the push service of the endpoint; the database computes it.
	PushService string `gorm:"->"`
	// P256DH is the browser's public key, a 65-byte uncompressed P-256 point,
	// and Auth its 16-byte authentication secret (RFC 8291 section 2.1, 3.2).
	P256DH     []byte `gorm:"column:p256dh"`
	Auth       []byte
	SecretHash []byte
	VAPIDKeyID int64 `gorm:"column:vapid_key_id"`
	// TimeZone is an IANA name.
	TimeZone    string
	PausedUntil *time.Time
	// NeedsResubscribe says that the push service refused our VAPID key; the page
	// subscribes again on the reader's next visit.
	NeedsResubscribe bool
	// Refusals is how often in a row the push service refused it while it accepted
	// pushes for others. RefusedSince is the time of the first one, and until
	// RefusedUntil it gets no alerts.
	Refusals     int
	RefusedSince *time.Time
	RefusedUntil *time.Time
	// QuietFrom and QuietUntil are minutes after midnight on the clock of
	// TimeZone, or nil: alerts between them are deferred. KeyWakes allows key moments.
	QuietFrom, QuietUntil *preferences.WallTime
	KeyWakes              bool
	// HourlyCap is how many alerts an hour may be sent; 0: any number.
	HourlyCap int
	// Recent are the times of the last alerts, while there is a cap.
	Recent []byte
	// GoneAt is when the push service gave up the address; nil while it is good.
	GoneAt    *time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// QuietHours are the reader's; false if there are none.
func (s Subscription) QuietHours() (preferences.QuietHours, bool) {
	if s.QuietFrom == nil || s.QuietUntil == nil {
		return preferences.QuietHours{}, false
	}
	return preferences.QuietHours{From: *s.QuietFrom, Until: *s.QuietUntil, KeyWakes: s.KeyWakes}, true
}

// deliveryPreferences are the reader's, as an alert needs them.
func (s Subscription) deliveryPreferences() *preferences.Delivery {
	d := &preferences.Delivery{
		KeyWakes: s.KeyWakes, HourlyCap: s.HourlyCap, Recent: s.Recent,
		TimeZone: sql.NullString{String: s.TimeZone, Valid: true},
	}
	if q, ok := s.QuietHours(); ok {
		d.QuietFrom, d.QuietUntil = sql.NullInt16{Int16: int16(q.From), Valid: true}, sql.NullInt16{Int16: int16(q.Until), Valid: true}
	}
	return d
}

// hasKeysOf reports whether two subscriptions have the same keys.
func (s Subscription) hasKeysOf(other Subscription) bool {
	return subtle.ConstantTimeCompare(s.Auth, other.Auth)&subtle.ConstantTimeCompare(s.P256DH, other.P256DH) == 1
}

// NewSubscription is a subscription to be created.
type NewSubscription struct {
	Browser Browser
	// VAPIDKey is the public key that it was made with. Default: the current one.
	VAPIDKey string
	Follows  []NewFollow
	// TimeZone is an IANA name; one that this machine does not know becomes UTC.
	TimeZone string
}

// SubscriptionBySecret finds the subscription that a secret addresses; a wrong
// secret is an [ErrUnauthorized], one whose subscription expired an [ErrExpired].
func (s *Store) SubscriptionBySecret(ctx context.Context, secret string) (Subscription, error) {
	var sub Subscription
	hash := secrets.Hash(secret)
	err := unauthorized(s.db.Read.WithContext(ctx).Take(&sub, "secret_hash = ?", hash).Error)
	return sub, s.orExpired(ctx, hash, err)
}

// SubscriptionChange is what a reader may change; nil fields stay.
type SubscriptionChange struct {
	// Browser replaces endpoint and keys when the browser has new ones.
	Browser *Browser
	// VAPIDKey is the public key that Browser was made with. Default: the
	// current one.
	VAPIDKey string
	// TimeZone is an IANA name; one that this machine does not know becomes UTC.
	TimeZone *string
	// PausedUntil stops alerts until then; a time in the past, from 1970 on,
	// resumes them. It lies at most ten years ahead, or is Always.
	PausedUntil *time.Time
	// QuietHours are set if SetQuietHours: nil is none.
	SetQuietHours bool
	QuietHours    *preferences.QuietHours
	// HourlyCap is from 0, for any number, to 60.
	HourlyCap *int
}

// movesCatchUps reports whether the reader's catch-ups may be due at another time. Those of
// a reader without an address are due when there is a new one.
func (c SubscriptionChange) movesCatchUps() bool {
	return c.Browser != nil || c.SetQuietHours || c.HourlyCap != nil || c.TimeZone != nil
}

// ChangeSubscription changes a subscription and returns the changed one.
func (s *Store) ChangeSubscription(ctx context.Context, sub Subscription, change SubscriptionChange) (changed Subscription, err error) {
	columns, err := s.changedColumns(change)
	if err != nil {
		return Subscription{}, err
	}
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		if change.Browser != nil {
			if columns["vapid_key_id"], err = boundKey(tx, change.VAPIDKey); err != nil {
				return err
			}
			if err := releaseAddress(tx, sub.ID, columns); err != nil {
				return err
			}
		}
		result := tx.Model(&Subscription{}).Where("id = ?", sub.ID).Updates(columns)
		if result.Error != nil {
			return result.Error
		}
		if err := tx.Take(&changed, sub.ID).Error; err != nil || !change.movesCatchUps() {
			return err
		}
		return s.reviseCatchUps(tx, changed)
	})
	if err != nil {
		return Subscription{}, fmt.Errorf("change subscription: %w", err)
	}
	return changed, nil
}

// Forget deletes a subscription and everything that is stored of it.
func (s *Store) Forget(ctx context.Context, sub Subscription) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error { return deleteSubscriptions(tx, []int64{sub.ID}) })
	if err != nil {
		return fmt.Errorf("forget subscription: %w", err)
	}
	return nil
}

func (s *Store) newSubscription(n NewSubscription) (Subscription, error) {
	var p validation.Problems
	keys := n.Browser.parse(&p, s.hosts)
	if len(n.Follows) > maxFollows {
		p.Add("follows", "must be at most %d", maxFollows)
	}
	now := s.Now()
	return Subscription{
		Endpoint: endpoints.Normalize(n.Browser.Endpoint), EndpointHash: keys.endpointHash, P256DH: keys.p256dh, Auth: keys.auth,
		TimeZone: preferences.KnownZone(n.TimeZone), Recent: []byte{}, CreatedAt: now, UpdatedAt: now,
	}, p.Err()
}

func (s *Store) changedColumns(change SubscriptionChange) (map[string]any, error) {
	var p validation.Problems
	columns := map[string]any{"updated_at": s.Now()}
	if b := change.Browser; b != nil {
		keys := b.parse(&p, s.hosts)
		columns["endpoint"], columns["endpoint_hash"] = endpoints.Normalize(b.Endpoint), keys.endpointHash
		columns["p256dh"], columns["auth"] = keys.p256dh, keys.auth
		columns["needs_resubscribe"], columns["gone_at"] = false, nil
		maps.Copy(columns, noRefusals())
	}
	if change.TimeZone != nil {
		columns["time_zone"] = preferences.KnownZone(*change.TimeZone)
	}
	if until := change.PausedUntil; until != nil {
		preferences.ValidatePause(&p, *until, s.Now())
		columns["paused_until"] = nil // a time in the past resumes
		if until.After(s.Now()) {
			columns["paused_until"] = until.UTC().Truncate(time.Microsecond)
		}
	}
	if change.SetQuietHours {
		columns["quiet_from"], columns["quiet_until"], columns["key_wakes"] = nil, nil, false
	}
	if q := change.QuietHours; change.SetQuietHours && q != nil {
		q.Validate(&p)
		columns["quiet_from"], columns["quiet_until"], columns["key_wakes"] = q.From, q.Until, q.KeyWakes
	}
	if n := change.HourlyCap; n != nil {
		preferences.ValidateHourlyCap(&p, *n)
		columns["hourly_cap"] = *n
	}
	return columns, p.Err()
}

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
	Drills []StoredDrillFollow
}

// StoredDrillFollow says that a browser gets the alerts of a drill.
type StoredDrillFollow struct {
	// Drill is the drill's slug.
	Drill     string
	CreatedAt time.Time
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
	if err == nil {
		err = db.Table("drill_follows").Joins("JOIN outages ON outages.id = outage_id JOIN linked_browsers ON linked_browsers.id = linked_browser_id").
			Select("outages.slug AS drill, drill_follows.created_at").Order("drill_follows.created_at, outage_id").
			Find(&data.Drills, "subscription_id = ?", sub.ID).Error
	}
	if err != nil {
		return data, fmt.Errorf("data of subscription %d: %w", sub.ID, domain(err))
	}
	return data, nil
}

// originSample is how many of the newest subscriptions say which push services
// are in use.
const originSample = 1000

// PushOrigins returns the origins of the push services of the newest subscriptions,
// where the next alert is likely to go.
func (s *Store) PushOrigins(ctx context.Context) ([]*url.URL, error) {
	var newest []string
	err := s.db.Read.WithContext(ctx).Raw(`
		SELECT min(endpoint) FROM (SELECT push_service, endpoint FROM subscriptions WHERE gone_at IS NULL ORDER BY id DESC LIMIT ?) AS newest
		GROUP BY push_service`, originSample).Scan(&newest).Error
	if err != nil {
		return nil, fmt.Errorf("push origins: %w", err)
	}
	origins := make([]*url.URL, len(newest))
	for i, endpoint := range newest {
		origins[i] = endpoints.Origin(endpoint)
	}
	return origins, nil
}
