package models

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"newsbell/models/text"
	"newsbell/models/validation"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// DeskOutage is an outage as the newsroom lists it.
type DeskOutage struct {
	Outage
	// Followers are the readers who follow the outage itself and have not muted it; of a
	// drill they are editors' browsers.
	Followers int
	// LastAlertAt is when the last alert was published; nil if there was none. Reached is
	// how many of its pushes were accepted.
	LastAlertAt *time.Time
	Reached     int
	// Writers are the drafts that were saved lately, the last first.
	Writers []SavedDraft
}

// Desk returns outages of a kind, in the order of [Store.Outages], with their followers,
// last alerts and writers.
func (s *Store) Desk(ctx context.Context, kind OutageKind, limit int) ([]DeskOutage, error) {
	outages, err := s.outagesOf(ctx, kind, limit)
	if err != nil {
		return nil, err
	}
	desk, at := make([]DeskOutage, len(outages)), map[int64]int{}
	slugs, ids := make([]string, len(outages)), make([]int64, len(outages))
	for i, outage := range outages {
		desk[i].Outage, at[outage.ID], slugs[i], ids[i] = outage, i, outage.Slug, outage.ID
	}
	count := s.countDrillFollowers
	if kind != Drill {
		count = func(ctx context.Context, slugs []string) (map[string]int, error) {
			return s.CountFollowers(ctx, OutageTopic, slugs)
		}
	}
	followers, err := count(ctx, slugs)
	if err != nil {
		return nil, err
	}
	writers, err := s.writersOn(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range desk {
		desk[i].Followers, desk[i].Writers = followers[desk[i].Slug], writers[desk[i].ID]
	}
	last, err := s.lastAlerts(ctx, ids)
	for _, alert := range last {
		i := at[alert.OutageID]
		desk[i].LastAlertAt, desk[i].Reached = &alert.CreatedAt, alert.Reached
	}
	return desk, err
}

// CountFollowers counts the readers who follow topics of a kind and have not muted them,
// by slug.
func (s *Store) CountFollowers(ctx context.Context, kind TopicKind, slugs []string) (map[string]int, error) {
	var counts []struct {
		Slug    string
		Readers int
	}
	err := s.db.Read.WithContext(ctx).Raw(`SELECT t.slug, count(*) AS readers FROM follows f JOIN topics t ON t.id = f.topic_id
		WHERE t.kind = ? AND t.slug IN ? AND f.min_level IS NOT NULL AND f.muted = 0 GROUP BY t.slug`, kind, slugs).Scan(&counts).Error
	followers := make(map[string]int, len(counts))
	for _, c := range counts {
		followers[c.Slug] = c.Readers
	}
	return followers, domain(err)
}

// lastAlert is the last alert of an outage.
type lastAlert struct {
	OutageID  int64
	CreatedAt time.Time
	Reached   int
}

// lastAlerts finds the last alert of each outage that has one, without catch-ups and alerts in
// their undo window.
func (s *Store) lastAlerts(ctx context.Context, outages []int64) (last []lastAlert, err error) {
	err = s.db.Read.WithContext(ctx).Raw(`SELECT outage_id, created_at,
			(SELECT coalesce(sum(accepted), 0) FROM shards WHERE alert_id = alerts.id) AS reached
		FROM alerts WHERE id IN (SELECT max(id) FROM alerts WHERE outage_id IN ? AND catch_up_until IS NULL
			AND EXISTS (SELECT 1 FROM updates WHERE updates.id = update_id AND `+isVisible+`) GROUP BY outage_id)`,
		outages).Scan(&last).Error
	return last, domain(err)
}

// OutageEdit is what an outage is changed to.
type OutageEdit struct {
	// Known is the [Outage.Edition] that the editor has seen.
	Known string
	// ID is the outage's; it may be 0. It finds an outage that has another slug now.
	ID int64
	// Slug can change only until something is published or somebody follows the outage:
	// then its address is known.
	Slug, Headline, Standfirst string
	// Apps are the slugs of the apps it began with; at least one. Their states stay.
	Apps  []string
	Actor string
}

func (e OutageEdit) validate() error {
	return NewOutage{Slug: e.Slug, Headline: e.Headline, Standfirst: e.Standfirst, Apps: e.Apps}.Validate(time.Time{})
}

// Edition identifies what an edit can change of an outage, as it is now.
func (o Outage) Edition() string {
	encoded, _ := json.Marshal([]any{o.Slug, o.Headline, o.Standfirst, o.appSlugs()}) // plain values
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}

// edited returns the outage as an edit makes it.
func (e OutageEdit) edited(o Outage, apps []App) Outage {
	o.Slug, o.Headline, o.Standfirst, o.Apps = e.Slug, e.Headline, e.Standfirst, apps
	return o
}

// OutageChangedError says that somebody else has edited an outage since its editor saw it. It
// is an [ErrConflict].
type OutageChangedError struct {
	// Current is the outage as it is now.
	Current Outage
}

func (e *OutageChangedError) Error() string { return "the outage was edited by somebody else" }
func (e *OutageChangedError) Unwrap() error { return ErrConflict }

// EditOutage changes an outage. A slug that is taken is an [ErrConflict]. If somebody else has
// changed the outage to something else, nothing is written, and the error is an
// [*OutageChangedError].
func (s *Store) EditOutage(ctx context.Context, slug string, e OutageEdit) (Outage, error) {
	e.Headline, e.Standfirst = text.Trim(e.Headline), text.Trim(e.Standfirst)
	if err := e.validate(); err != nil {
		return Outage{}, err
	}
	var outage Outage
	err := s.transaction(ctx, func(tx *gorm.DB) (err error) {
		outage, err = findOutage(tx.Clauses(clause.Locking{Strength: "UPDATE"}), slug)
		if errors.Is(err, ErrNotFound) && e.ID != 0 {
			err = tx.Preload("Apps", byName).Take(&outage, e.ID).Error
			return cmp.Or(err, error(&OutageChangedError{outage}))
		}
		if err != nil {
			return err
		}
		apps, err := appsBySlug(tx, "apps", namedApps(e.Apps, nil))
		if err != nil {
			return err
		}
		if err := checkCovered(apps, outage.Apps); err != nil {
			return err
		}
		before, edited := outage, e.edited(outage, apps)
		if edited.Edition() == before.Edition() {
			return nil // an answer may have been lost
		}
		if e.Known != before.Edition() {
			return &OutageChangedError{before}
		}
		if e.Slug != slug {
			if err := moveOutage(tx, outage, e.Slug); err != nil {
				return err
			}
		}
		outage.Slug, outage.Headline, outage.Standfirst = e.Slug, e.Headline, e.Standfirst
		if err := tx.Model(&outage).Select("slug", "headline", "standfirst").Updates(outage).Error; err != nil {
			return err
		}
		if err := tx.Omit("Apps.*").Model(&outage).Association("Apps").Replace(apps); err != nil {
			return err
		}
		outage.Apps = apps
		return s.audit(tx, e.Actor, "edit "+string(outage.Kind), outage.Subject(), changed(before.audited(), outage.audited()))
	})
	if err != nil {
		return Outage{}, fmt.Errorf("outage %s: %w", slug, err)
	}
	return outage, nil
}

// moveOutage gives the topic of an outage another slug, if nobody knows the old one.
func moveOutage(tx *gorm.DB, outage Outage, slug string) error {
	if outage.IsDrill() {
		return checkUnknown(tx, outage, Topic{})
	}
	topic, err := findTopic(tx.Clauses(clause.Locking{Strength: "UPDATE"}), outage.Topic())
	if err != nil {
		return err
	}
	if err := checkUnknown(tx, outage, topic); err != nil {
		return err
	}
	return tx.Model(&Topic{}).Where("id = ?", topic.ID).Update("slug", slug).Error
}

// checkUnknown returns an error if somebody may know the address of an outage.
func checkUnknown(tx *gorm.DB, outage Outage, topic Topic) error {
	var isKnown bool
	err := tx.Raw("SELECT EXISTS (SELECT 1 FROM follows WHERE topic_id = ?) OR EXISTS (SELECT 1 FROM updates WHERE outage_id = ?)",
		topic.ID, outage.ID).Scan(&isKnown).Error
	if err != nil || !isKnown {
		return err
	}
	var p validation.Problems
	p.Add("slug", "cannot change any more: readers may know the address")
	return p.Err()
}

// AppEdit is what an app is changed to.
type AppEdit struct {
	Name string
	// State is empty to leave it as it is, though somebody else may have just set it.
	State AppState
	Actor string
}

// EditApp changes the name and the state of an app. It alerts nobody.
func (s *Store) EditApp(ctx context.Context, slug string, e AppEdit) (App, error) {
	e.Name = text.Trim(e.Name)
	var p validation.Problems
	p.Text("name", e.Name, maxAppName)
	if e.State != "" && !e.State.valid() {
		p.Add("state", `must be "up", "failing" or "recovering"`)
	}
	if err := p.Err(); err != nil {
		return App{}, err
	}
	if !validation.IsSlug(slug) {
		return App{}, fmt.Errorf("app %q: %w", slug, ErrNotFound)
	}
	var app App
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).Take(&app, "slug = ?", slug).Error; err != nil {
			return err
		}
		if e.Name != app.Name {
			renamed := changed(fields{"name": app.Name}, fields{"name": e.Name})
			app.Name = e.Name
			if err := s.audit(tx, e.Actor, "rename app", app.Topic().String(), renamed); err != nil {
				return err
			}
		}
		if e.State != "" && e.State != app.State {
			set := changed(fields{"state": app.State}, fields{"state": e.State})
			app.State, app.StateChangedAt = e.State, s.Now()
			if err := s.audit(tx, e.Actor, "set app "+string(e.State), app.Topic().String(), set); err != nil {
				return err
			}
		}
		return tx.Save(&app).Error
	})
	if err != nil {
		return App{}, fmt.Errorf("app %s: %w", slug, err)
	}
	return app, nil
}

// RetireApp ends the coverage of an app. Its followers keep their follows, its past outages
// their pages. An app of an ongoing outage is an [ErrConflict].
func (s *Store) RetireApp(ctx context.Context, slug, actor string) error {
	now := s.Now()
	return s.setRetired(ctx, "retire app", slug, actor, &now, func(tx *gorm.DB, app App) error {
		var elsewhere int64
		err := tx.Model(&App{}).Where("id = ?", app.ID).Where(isElsewhere, sql.Named("outage", 0)).Count(&elsewhere).Error
		if err == nil && elsewhere > 0 {
			err = fmt.Errorf("%w: it is part of an ongoing outage", ErrConflict)
		}
		return err
	})
}

// RestoreApp covers a retired app again.
func (s *Store) RestoreApp(ctx context.Context, slug, actor string) error {
	return s.setRetired(ctx, "restore app", slug, actor, nil, func(*gorm.DB, App) error { return nil })
}

// setRetired changes since when an app is retired, unless it is like that already.
func (s *Store) setRetired(ctx context.Context, action, slug, actor string, at *time.Time, check func(*gorm.DB, App) error) error {
	if !validation.IsSlug(slug) {
		return fmt.Errorf("app %q: %w", slug, ErrNotFound)
	}
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		var app App
		if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).Take(&app, "slug = ?", slug).Error; err != nil {
			return err
		}
		if (app.RetiredAt == nil) == (at == nil) {
			return nil
		}
		if err := check(tx, app); err != nil {
			return err
		}
		change := changed(fields{"retired_at": app.RetiredAt}, fields{"retired_at": at})
		if err := tx.Model(&app).Update("retired_at", at).Error; err != nil {
			return err
		}
		return s.audit(tx, actor, action, app.Topic().String(), change)
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", action, slug, err)
	}
	return nil
}
