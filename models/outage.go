package models

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"newsbell/models/text"
	"newsbell/models/validation"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// OutageState reports whether an outage is still going on.
type OutageState string

const (
	Ongoing  OutageState = "ongoing"
	Resolved OutageState = "resolved"
)

// Outage is a live story about one or more apps: ongoing until its resolution.
type Outage struct {
	ID         int64
	Kind       OutageKind
	Slug       string
	Headline   string
	Standfirst string
	State      OutageState
	BeganAt    time.Time
	ResolvedAt *time.Time
	// FollowsEndedAt is when the last of its follows ended by itself.
	FollowsEndedAt *time.Time
	CreatedAt      time.Time
	Apps           []App `gorm:"many2many:outage_apps"`
}

// Topic is what a reader follows to follow the outage. A drill has none.
func (o Outage) Topic() Topic { return Topic{Kind: OutageTopic, Slug: o.Slug} }

func (o Outage) audited() fields {
	return fields{"slug": o.Slug, "headline": o.Headline, "standfirst": o.Standfirst, "state": o.State, "began_at": o.BeganAt, "apps": o.appSlugs()}
}

// appSlugs returns the slugs of the outage's apps, sorted.
func (o Outage) appSlugs() []string {
	slugs := make([]string, len(o.Apps))
	for i, app := range o.Apps {
		slugs[i] = app.Slug
	}
	slices.Sort(slugs)
	return slugs
}

// firstOutage is the earliest time at which an outage may have begun.
var firstOutage = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// clockSkew is how far a client's clock may be ahead of ours.
const clockSkew = time.Minute

// NewOutage is an outage to be opened.
type NewOutage struct {
	// Kind is [OrdinaryOutage] if it is empty.
	Kind                       OutageKind
	Slug, Headline, Standfirst string
	// Apps are the slugs of the apps it began with; at least one.
	Apps []string
	// States are the states that those apps are in, by the app's slug. An app whose
	// state is given is named too. Default: failing.
	States map[string]AppState
	// BeganAt may lie in the past, from 2000 on. Default: now.
	BeganAt *time.Time
	Actor   string
}

// Validate returns an [*validation.Invalid] with every problem.
func (n NewOutage) Validate(now time.Time) error {
	var p validation.Problems
	if n.Kind != "" && n.Kind != OrdinaryOutage && n.Kind != Drill {
		p.Add("kind", `must be "outage" or "drill"`)
	}
	p.Slug("slug", n.Slug)
	p.Text("headline", n.Headline, maxText)
	p.OptionalText("standfirst", n.Standfirst, maxText)
	if len(n.Apps)+len(n.States) == 0 {
		p.Add("apps", "must name at least one app")
	}
	checkStates(&p, n.States)
	if n.BeganAt != nil {
		p.Time("began_at", *n.BeganAt, firstOutage, now.Add(clockSkew))
	}
	return p.Err()
}

// CreateOutage opens an outage, creates its topic, and sets the states of its apps. A drill
// has no topic, and leaves the apps as they are. A slug that is taken, by an outage of either
// kind, is an [ErrConflict].
func (s *Store) CreateOutage(ctx context.Context, n NewOutage) (Outage, error) {
	now := s.Now()
	began := cmp.Or(n.BeganAt, &now)
	n.Headline, n.Standfirst = text.Trim(n.Headline), text.Trim(n.Standfirst)
	if err := n.Validate(now); err != nil {
		return Outage{}, err
	}
	outage := Outage{
		Kind: cmp.Or(n.Kind, OrdinaryOutage), Slug: n.Slug, Headline: n.Headline, Standfirst: n.Standfirst, State: Ongoing,
		BeganAt: began.UTC().Truncate(time.Microsecond), CreatedAt: now,
	}
	err := s.transaction(ctx, func(tx *gorm.DB) (err error) {
		if outage.Apps, err = appsBySlug(tx, "apps", namedApps(n.Apps, n.States)); err != nil {
			return err
		}
		if err := checkCovered(outage.Apps, nil); err != nil {
			return err
		}
		if err := tx.Omit("Apps.*").Create(&outage).Error; err != nil {
			return err
		}
		before := fields{"states": statesOf(outage.Apps)}
		if !outage.IsDrill() {
			topic := outage.Topic()
			if err := tx.Create(&topic).Error; err != nil {
				return err
			}
			if err := openingStates(tx, &outage, n.States); err != nil {
				return err
			}
		}
		after := outage.audited()
		after["states"] = statesOf(outage.Apps)
		return s.audit(tx, n.Actor, "open "+string(outage.Kind), outage.Subject(), changed(before, after))
	})
	if err != nil {
		return Outage{}, fmt.Errorf("outage %s: %w", n.Slug, err)
	}
	return outage, nil
}

// CloseOutage ends an outage without an update, and alerts nobody. Like a resolution, it sets
// the outage's apps up unless they are part of another ongoing outage. It is an [ErrConflict] if
// a resolution is in its undo window, and no error if the outage is closed already.
func (s *Store) CloseOutage(ctx context.Context, slug string, kind OutageKind, actor string) error {
	return s.setOutageState(ctx, "close", slug, kind, actor, Resolved, func(tx *gorm.DB, outage *Outage) error {
		if err := checkOpen(tx, Draft{}, *outage); err != nil {
			return err
		}
		now := s.Now()
		outage.ResolvedAt = &now
		released, err := releasedApps(tx, *outage)
		for _, app := range released {
			if err == nil {
				err = tx.Model(&App{}).Where("id = ?", app.ID).Updates(map[string]any{"state": Up, "state_changed_at": now}).Error
			}
		}
		return err
	})
}

// ReopenOutage makes a resolved outage ongoing again. Its apps keep their states, and nobody is
// alerted. It is an [ErrConflict] while the alert of a resolution is being sent, and no error if
// the outage is ongoing already.
func (s *Store) ReopenOutage(ctx context.Context, slug string, kind OutageKind, actor string) error {
	return s.setOutageState(ctx, "reopen", slug, kind, actor, Ongoing, func(tx *gorm.DB, outage *Outage) error {
		outage.ResolvedAt, outage.FollowsEndedAt = nil, nil
		var sending int64
		err := tx.Model(&Alert{}).Joins("JOIN updates ON updates.id = alerts.update_id AND updates.kind = ?", Resolution).
			Where("alerts.outage_id = ? AND alerts.finished_at IS NULL AND alerts.state NOT IN ?", outage.ID, []AlertState{Stopped, Superseded}).Count(&sending).Error
		if err == nil && sending > 0 {
			err = fmt.Errorf("%w: the alert of the resolution is being sent", ErrConflict)
		}
		return err
	})
}

// setOutageState changes the state of an outage that is in the other state.
func (s *Store) setOutageState(ctx context.Context, action, slug string, kind OutageKind, actor string, state OutageState, change func(*gorm.DB, *Outage) error) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		outage, err := Draft{Outage: slug, OutageKind: kind}.findOutage(tx.Clauses(clause.Locking{Strength: "UPDATE"}))
		if err != nil || outage.State == state {
			return err
		}
		before := outage.audited()
		if err := change(tx, &outage); err != nil {
			return err
		}
		outage.State = state
		if err := tx.Model(&outage).Select("state", "resolved_at", "follows_ended_at").Updates(outage).Error; err != nil {
			return err
		}
		return s.audit(tx, actor, action+" "+string(outage.Kind), outage.Subject(), changed(before, outage.audited()))
	})
	if err != nil {
		return fmt.Errorf("%s outage %s: %w", action, slug, err)
	}
	return nil
}

// Outage finds an outage by its slug, with its apps. A drill is an [ErrNotFound].
func (s *Store) Outage(ctx context.Context, slug string) (Outage, error) {
	return findOutage(s.db.Read.WithContext(ctx).Where(isNews), slug)
}

// Outages returns all outages but drills, the ongoing ones first, then the newest first.
func (s *Store) Outages(ctx context.Context, limit int) ([]Outage, error) {
	return s.outagesOf(ctx, OrdinaryOutage, limit)
}

func (s *Store) outagesOf(ctx context.Context, kind OutageKind, limit int) ([]Outage, error) {
	return list[Outage](ctx, s, s.db.Read.WithContext(ctx).Preload("Apps", byName).Where("kind = ?", kind).
		Order("state, began_at DESC, id DESC").Limit(limit))
}

// SearchOutages returns the outages whose headline, standfirst or app names contain each of
// the words, the newest first. Without a word there are none. A search that takes longer
// than searchWithin is [ErrTooSlow]: it reads every outage, and anybody may start it.
func (s *Store) SearchOutages(ctx context.Context, query string, limit int) ([]Outage, error) {
	words := strings.Fields(query)
	if len(words) == 0 {
		return nil, nil
	}
	searching, cancel := context.WithTimeoutCause(ctx, searchWithin, ErrTooSlow)
	defer cancel()
	select {
	case s.searches <- struct{}{}:
		defer func() { <-s.searches }()
	case <-searching.Done():
		return nil, context.Cause(searching)
	}
	outages, err := s.searchOutages(searching, words, limit)
	deadline, _ := searching.Deadline()
	if err != nil && ctx.Err() == nil && !time.Now().Before(deadline) {
		return nil, ErrTooSlow // the driver may notice before the context says so
	}
	return outages, err
}

const (
	// searchWithin bounds a search, and searchesAtOnce how many run at a time, so that
	// connections are left for everything else.
	searchWithin   = 2 * time.Second
	searchesAtOnce = 2
)

func (s *Store) searchOutages(ctx context.Context, words []string, limit int) ([]Outage, error) {
	db := s.db.Read.WithContext(ctx).Preload("Apps", byName).Where(isNews)
	for _, word := range words[:min(len(words), maxSearched)] {
		pattern := "%" + likeEscaper.Replace(word) + "%"
		db = db.Where(`(lower(headline) LIKE lower(@word) ESCAPE '\' OR lower(standfirst) LIKE lower(@word) ESCAPE '\' OR id IN (
			SELECT outage_id FROM outage_apps JOIN apps ON apps.id = app_id WHERE lower(name) LIKE lower(@word) ESCAPE '\'))`,
			sql.Named("word", pattern))
	}
	return list[Outage](ctx, s, db.Order("began_at DESC, id DESC").Limit(limit))
}

// maxSearched is how many words are searched for.
const maxSearched = 8

// likeEscaper escapes the wildcards of LIKE in a word.
var likeEscaper = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// OutagesOfApp returns the outages that an app was part of, the newest first.
func (s *Store) OutagesOfApp(ctx context.Context, app App, limit int) ([]Outage, error) {
	return list[Outage](ctx, s, s.db.Read.WithContext(ctx).Preload("Apps", byName).
		Where(isNews).Where("id IN (SELECT outage_id FROM outage_apps WHERE app_id = ?)", app.ID).
		Order("began_at DESC, id DESC").Limit(limit))
}

// isNews is the condition of an outage that is for readers.
const isNews = "outages.kind = 'outage'"

func findOutage(db *gorm.DB, slug string) (Outage, error) {
	var outage Outage
	if !validation.IsSlug(slug) {
		return outage, fmt.Errorf("outage %q: %w", slug, ErrNotFound)
	}
	if err := db.Preload("Apps", byName).Take(&outage, "slug = ?", slug).Error; err != nil {
		return Outage{}, fmt.Errorf("outage %s: %w", slug, domain(err))
	}
	return outage, nil
}

func byName(db *gorm.DB) *gorm.DB { return db.Order("name") }
