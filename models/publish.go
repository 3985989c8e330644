package models

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Publication is what [Store.Publish] wrote.
type Publication struct {
	Update Update
	// Alert is nil when the update has none.
	Alert *Alert
	// IsKnown says that an earlier request with the same key wrote it.
	IsKnown bool
}

// change returns what publishing has changed in an outage, which was read before.
func (p Publication) change(outage Outage) change {
	before, after := map[string]AppState{}, map[string]AppState{}
	apps := make([]string, len(p.Update.Apps))
	for i, app := range p.Update.Apps {
		apps[i] = app.App.Slug
		if app.App.State != app.before {
			before[app.App.Slug], after[app.App.Slug] = app.before, app.App.State
		}
	}
	slices.Sort(apps)
	published := fields{
		"kind": p.Update.Kind, "alert": p.Update.AlertLevel, "headline": p.Update.Headline, "body": p.Update.Body,
		"apps": apps, "states": after, "corrects": p.Update.CorrectsID, "outage_state": outage.State,
	}
	if p.Alert != nil {
		published["alert_id"] = p.Alert.ID
	}
	if p.Update.Kind == Resolution {
		published["outage_state"] = Resolved
	}
	return changed(fields{"states": before, "outage_state": outage.State}, published)
}

// Publish writes an update, the states it sets, its alert and the audit entry
// in one transaction; nothing is sent yet. A resolution resolves the outage, and sets
// its apps up unless it sets them to another state or they are part of another
// ongoing outage; that alone alerts none of their followers. An update of a resolved
// outage is an [ErrConflict], unless it is a correction. The draft's source is deleted; if
// it was changed elsewhere, nothing is published, and the error is a [*DraftChangedError].
//
// A draft whose request key has published before returns what was published then, or an
// [ErrRequestUsed] if it says something else. An alert in words that have just been sent is a
// [*RepeatedError].
func (s *Store) Publish(ctx context.Context, d Draft) (Publication, error) {
	d = d.trimmed()
	if err := d.Validate(); err != nil {
		return Publication{}, err
	}
	var published Publication
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		outage, err := findOutage(tx.Clauses(clause.Locking{Strength: "UPDATE"}), d.Outage)
		if err != nil {
			return err
		}
		if published, err = publishedBefore(tx, d, outage); published.IsKnown || err != nil {
			return err
		}
		if outage.State == Resolved && d.Kind != Correction {
			return fmt.Errorf("%w: the outage is resolved; only a correction can be published", ErrConflict)
		}
		if err := deletePublished(tx, d, outage); err != nil {
			return err
		}
		if err := s.checkRepeated(tx, d, outage); err != nil {
			return err
		}
		apps, err := appsBySlug(tx, "apps", d.concerns())
		if err != nil {
			return err
		}
		if err := d.checkCorrected(tx, outage); err != nil {
			return err
		}
		if published.Update, err = s.writeUpdate(tx, d, outage, apps); err != nil {
			return err
		}
		if published.Alert, err = s.writeAlert(tx, d, outage, apps, published.Update); err != nil {
			return err
		}
		return s.audit(tx, d.Actor, "publish "+string(d.Kind), fmt.Sprintf("%s#%d", outage.Topic(), published.Update.ID), published.change(outage))
	})
	if err != nil {
		return Publication{}, fmt.Errorf("publish: %w", err)
	}
	return published, nil
}

func (s *Store) writeUpdate(tx *gorm.DB, d Draft, outage Outage, apps []App) (Update, error) {
	update := d.update()
	update.OutageID, update.PublishedAt = outage.ID, s.Now()
	if d.Corrects != 0 {
		update.CorrectsID = &d.Corrects
	}
	if err := tx.Create(&update).Error; err != nil {
		return update, err
	}
	states := d.States
	if d.Kind == Resolution {
		var err error
		if apps, states, err = withReleased(tx, outage, apps, states); err != nil {
			return update, err
		}
	}
	for _, app := range apps {
		concerned, err := s.writeUpdateApp(tx, update, app, states[app.Slug])
		if err != nil {
			return update, err
		}
		update.Apps = append(update.Apps, concerned)
	}
	if d.Kind != Resolution {
		return update, nil
	}
	return update, tx.Model(&outage).Omit(clause.Associations).
		Updates(map[string]any{"state": Resolved, "resolved_at": update.PublishedAt}).Error
}

func (s *Store) writeUpdateApp(tx *gorm.DB, update Update, app App, state AppState) (UpdateApp, error) {
	concerned := UpdateApp{UpdateID: update.ID, AppID: app.ID, before: app.State}
	if state != "" {
		concerned.State = &state
	}
	if err := tx.Create(&concerned).Error; err != nil {
		return concerned, err
	}
	if state != "" && state != app.State {
		app.State, app.StateChangedAt = state, update.PublishedAt
		if err := tx.Save(&app).Error; err != nil {
			return concerned, err
		}
	}
	concerned.App = app
	return concerned, nil
}

func (s *Store) writeAlert(tx *gorm.DB, d Draft, outage Outage, apps []App, update Update) (*Alert, error) {
	if d.Alert == AlertNone {
		return nil, nil
	}
	a, err := draftAudience(tx, d, outage, apps)
	if err != nil {
		return nil, err
	}
	window := s.undoWindow
	if d.UndoWindow != nil {
		window = *d.UndoWindow
	}
	due := update.PublishedAt.Add(window)
	alert := Alert{
		UpdateID: update.ID, OutageID: outage.ID, Priority: d.Kind == Resolution, State: Holding,
		HoldUntil: due, Deadline: due.Add(s.ttlOf(d.Kind, d.Alert)), CreatedAt: update.PublishedAt,
	}
	if err := tx.Create(&alert).Error; err != nil {
		return nil, err
	}
	for i := range a.topics {
		a.topics[i].AlertID = alert.ID
	}
	return &alert, tx.Create(&a.topics).Error
}

// ttlOf returns how long the notifier goes on trying to send an update's alert.
func (s *Store) ttlOf(kind UpdateKind, level AlertLevel) time.Duration {
	switch {
	case kind == Resolution:
		return s.ttl.Resolution
	case level == AlertKey:
		return s.ttl.Key
	}
	return s.ttl.Update
}

const (
	// maxRequestKey is the maximum length of a request key, in bytes.
	maxRequestKey = 255
	// repeatedWithin is how long the same words need a confirmation to be sent again.
	repeatedWithin = 10 * time.Minute
)

// RepeatedError says that an alert in the same words has just been sent for the outage, no
// matter who sent it. A draft with Again set is published all the same. It is an
// [ErrConflict].
type RepeatedError struct {
	// UpdateID and PublishedAt are those of the last such update.
	UpdateID    int64
	PublishedAt time.Time
}

func (e *RepeatedError) Error() string {
	return fmt.Sprintf("the same words were sent at %s; set again to send them once more", e.PublishedAt.UTC().Format("15:04:05 UTC"))
}

func (e *RepeatedError) Unwrap() error { return ErrConflict }

// ErrRequestUsed says that a request key has already published something else. It is an
// [ErrConflict].
var ErrRequestUsed = fmt.Errorf("%w: this request has already published something else", ErrConflict)

// publishedBefore finds what the draft's request key has published, if it has.
func publishedBefore(tx *gorm.DB, d Draft, outage Outage) (Publication, error) {
	if d.RequestKey == "" {
		return Publication{}, nil
	}
	var found []Update
	if err := tx.Preload("Apps.App").Find(&found, "outage_id = ? AND request_key = ?", outage.ID, d.RequestKey).Error; err != nil || len(found) == 0 {
		return Publication{}, err
	}
	update := found[0]
	if !bytes.Equal(update.RequestHash, d.hash()) {
		return Publication{}, ErrRequestUsed
	}
	published := Publication{Update: update, IsKnown: true}
	var alerts []Alert
	err := tx.Find(&alerts, "update_id = ? AND catch_up_until IS NULL", update.ID).Error
	if len(alerts) > 0 {
		published.Alert = &alerts[0]
	}
	return published, err
}

// checkRepeated returns a [*RepeatedError] if an alert in the draft's words has just been
// sent. One that was stopped before it reached anybody does not count.
func (s *Store) checkRepeated(tx *gorm.DB, d Draft, outage Outage) error {
	if d.Again || d.Alert == AlertNone {
		return nil
	}
	var found []Update
	err := tx.Where("outage_id = ? AND published_at > ?", outage.ID, s.Now().Add(-repeatedWithin)).
		Where(`EXISTS (SELECT 1 FROM alerts WHERE alerts.update_id = updates.id AND (alerts.state <> ?
			OR EXISTS (SELECT 1 FROM shards WHERE shards.alert_id = alerts.id AND shards.accepted > 0)))`, Stopped).
		Order("id DESC").Find(&found).Error
	if err != nil {
		return err
	}
	for _, update := range found {
		if wordsOf(update.Headline, update.Body) == wordsOf(d.Headline, d.Body) {
			return &RepeatedError{update.ID, update.PublishedAt}
		}
	}
	return nil
}

// wordsOf returns the words of an update, without regard to case and white space.
func wordsOf(headline, body string) string {
	return strings.ToLower(strings.Join(strings.Fields(headline+"\n"+body), " "))
}
