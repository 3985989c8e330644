package models

import (
	"bytes"
	"context"
	"errors"
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

// change returns what publishing has changed in an outage, which was read before, or will
// change when the undo window ends.
func (p Publication) change(outage Outage) change {
	before, after := map[string]AppState{}, map[string]AppState{}
	apps := make([]string, len(p.Update.Apps))
	for i, app := range p.Update.Apps {
		apps[i] = app.App.Slug
		if app.State != nil && *app.State != app.before {
			before[app.App.Slug], after[app.App.Slug] = app.before, *app.State
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
	if p.Update.IsHidden() {
		published["undo_until"] = p.Alert.HoldUntil
	}
	if p.Update.Kind == Resolution {
		published["outage_state"] = Resolved
	}
	return changed(fields{"states": before, "outage_state": outage.State}, published)
}

// Publish writes an update, its alert and the audit entry in one transaction; nothing is
// sent yet. An update whose alert has an undo window is hidden until the window ends, and
// changes nothing that readers see; any other is visible at once, with the states that it
// sets. A resolution resolves the outage, and sets
// its apps up unless it sets them to another state or they are part of another
// ongoing outage; that alone alerts none of their followers. An update of a resolved
// outage is an [ErrConflict], unless it is a correction. A drill leaves the apps as they are;
// the update says what it would have set. The draft's source is deleted; if
// it was changed elsewhere, nothing is published, and the error is a [*DraftChangedError].
// A scheduled update that is not there any more is an [ErrNotFound].
//
// A draft whose request key has published before returns what was published then, or an
// [ErrRequestUsed] if it says something else. An alert in words that have just been sent is a
// [*RepeatedError]. One that needs the approval of a second person and does not have it is an
// [*ApprovalNeededError], unless a chief overrides the policy with a reason.
func (s *Store) Publish(ctx context.Context, d Draft) (Publication, error) {
	d = d.trimmed()
	if err := d.Validate(); err != nil {
		return Publication{}, err
	}
	needed, err := s.approvalNeeded(ctx, d)
	if err != nil {
		return Publication{}, fmt.Errorf("publish: %w", err)
	}
	var published Publication
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		outage, err := d.findOutage(tx.Clauses(clause.Locking{Strength: "UPDATE"}))
		if err != nil {
			return err
		}
		if published, err = publishedBefore(tx, d, outage); published.IsKnown || err != nil {
			return err
		}
		if err := checkOpen(tx, d, outage); err != nil {
			return err
		}
		approval, err := s.useApproval(tx, d, needed)
		if err != nil {
			return err
		}
		if err := endSource(tx, d, outage); err != nil {
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
		if err := s.recordApproval(tx, d, approval, needed, outage, published.Update); err != nil {
			return err
		}
		return s.audit(tx, d.Actor, "publish "+string(d.Kind), fmt.Sprintf("%s#%d", outage.Subject(), published.Update.ID), published.change(outage))
	})
	if err != nil {
		return Publication{}, fmt.Errorf("publish: %w", err)
	}
	return published, nil
}

// approvalNeeded returns why the draft's alert needs a second person; nil if it does not.
func (s *Store) approvalNeeded(ctx context.Context, d Draft) (*ApprovalNeededError, error) {
	err := s.CheckPolicy(ctx, d)
	if needed, ok := errors.AsType[*ApprovalNeededError](err); ok {
		return needed, nil
	}
	return nil, err
}

// endSource deletes what the draft was saved or scheduled as.
func endSource(tx *gorm.DB, d Draft, outage Outage) error {
	if d.Scheduled != 0 {
		return endScheduled(tx, d.Scheduled)
	}
	return deletePublished(tx, d, outage)
}

// checkOpen returns an [ErrConflict] if the outage takes only corrections: it is resolved, or
// its resolution is in its undo window.
func checkOpen(tx *gorm.DB, d Draft, outage Outage) error {
	if d.Kind == Correction {
		return nil
	}
	if outage.State == Resolved {
		return fmt.Errorf("%w: the outage is resolved; only a correction can be published", ErrConflict)
	}
	var resolutions int64
	err := tx.Model(&Alert{}).Joins("JOIN updates ON updates.id = alerts.update_id AND updates.kind = ? AND NOT "+isVisible, Resolution).
		Where("alerts.outage_id = ? AND alerts.state = ?", outage.ID, Holding).Count(&resolutions).Error
	if err == nil && resolutions > 0 {
		err = fmt.Errorf("%w: the outage is about to be resolved; only a correction can be published", ErrConflict)
	}
	return err
}

// windowOf returns how long the draft can be undone; an update without an alert is
// published at once.
func (s *Store) windowOf(d Draft) time.Duration {
	switch {
	case d.Alert == AlertNone:
		return 0
	case d.UndoWindow != nil:
		return *d.UndoWindow
	}
	return s.undoWindow
}

func (s *Store) writeUpdate(tx *gorm.DB, d Draft, outage Outage, apps []App) (Update, error) {
	update := d.update()
	update.OutageID, update.PublishedAt = outage.ID, s.Now()
	if d.Corrects != 0 {
		update.CorrectsID = &d.Corrects
	}
	isHidden := s.windowOf(d) > 0
	if isHidden {
		update.Held = d.held()
	}
	if err := tx.Create(&update).Error; err != nil {
		return update, err
	}
	if !isHidden {
		return update, s.show(tx, outage, &update, apps, d.States)
	}
	return update, writeUpdateApps(tx, &update, apps, d.States)
}

// show makes an update visible to readers, with the states that it sets, and resolves the
// outage if it is the resolution. An update that appears after the resolution sets no
// states, unless it is a correction; a drill sets none. The outage must be locked.
func (s *Store) show(tx *gorm.DB, outage Outage, update *Update, apps []App, states map[string]AppState) (err error) {
	if err := place(tx, update, s.Now()); err != nil {
		return err
	}
	if update.Kind == Resolution {
		if apps, states, err = withReleased(tx, outage, apps, states); err != nil {
			return err
		}
	}
	if err := writeUpdateApps(tx, update, apps, states); err != nil {
		return err
	}
	if !outage.IsDrill() && (outage.State == Ongoing || update.Kind == Correction) {
		if err := setStates(tx, update); err != nil {
			return err
		}
	}
	if update.Kind != Resolution {
		return nil
	}
	return tx.Model(&outage).Omit(clause.Associations).
		Updates(map[string]any{"state": Resolved, "resolved_at": update.PublishedAt}).Error
}

// place gives an update the next position of its outage: its ID, unless later updates
// became visible before it.
func place(tx *gorm.DB, update *Update, now time.Time) error {
	var last int64
	if err := tx.Model(&Update{}).Where("outage_id = ?", update.OutageID).Select("coalesce(max(position), 0)").Scan(&last).Error; err != nil {
		return err
	}
	position := max(update.ID, last+1)
	update.Position, update.PublishedAt, update.Held = &position, now, nil
	return tx.Model(&Update{}).Where("id = ? AND position IS NULL", update.ID).
		Updates(map[string]any{"position": position, "published_at": now, "held": nil}).Error
}

// setStates gives the apps of an update the states that it sets.
func setStates(tx *gorm.DB, update *Update) error {
	for i := range update.Apps {
		state, app := update.Apps[i].State, &update.Apps[i].App
		if state == nil || *state == app.State {
			continue
		}
		app.State, app.StateChangedAt = *state, update.PublishedAt
		if err := tx.Save(app).Error; err != nil {
			return err
		}
	}
	return nil
}

// writeUpdateApps writes which apps an update concerns, over what it has written before.
func writeUpdateApps(tx *gorm.DB, update *Update, apps []App, states map[string]AppState) error {
	update.Apps = nil
	for _, app := range apps {
		concerned := UpdateApp{UpdateID: update.ID, AppID: app.ID, before: app.State}
		if state := states[app.Slug]; state != "" {
			concerned.State = &state
		}
		if err := tx.Omit("App").Clauses(clause.OnConflict{UpdateAll: true}).Create(&concerned).Error; err != nil {
			return err
		}
		concerned.App = app
		update.Apps = append(update.Apps, concerned)
	}
	return nil
}

// reveal makes the hidden update of an alert visible.
func (s *Store) reveal(tx *gorm.DB, alert Alert) error {
	outage, err := lockOutage(tx, alert.OutageID)
	if err != nil {
		return err
	}
	var update Update
	if err := tx.Preload("Apps.App").Take(&update, alert.UpdateID).Error; err != nil {
		return err
	}
	if update.Held == nil { // see adoptUpdates
		return place(tx, &update, update.PublishedAt)
	}
	var apps []App
	states := map[string]AppState{}
	for _, concerned := range update.Apps {
		apps = append(apps, concerned.App)
		if concerned.State != nil {
			states[concerned.App.Slug] = *concerned.State
		}
	}
	return s.show(tx, outage, &update, apps, states)
}

func (s *Store) writeAlert(tx *gorm.DB, d Draft, outage Outage, apps []App, update Update) (*Alert, error) {
	if d.Alert == AlertNone {
		return nil, nil
	}
	a, err := draftAudience(tx, d, outage, apps)
	if err != nil {
		return nil, err
	}
	due := update.PublishedAt.Add(s.windowOf(d))
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
	if len(a.topics) == 0 {
		return &alert, nil
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
