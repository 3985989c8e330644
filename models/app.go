package models

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"newsbell/models/text"
	"newsbell/models/validation"

	"gorm.io/gorm"
)

// AppState is how an app is doing.
type AppState string

const (
	Up         AppState = "up"
	Failing    AppState = "failing"
	Recovering AppState = "recovering"
)

func (s AppState) valid() bool { return s == Up || s == Failing || s == Recovering }

// checkStates checks states by the app's slug.
func checkStates(p *validation.Problems, states map[string]AppState) {
	for _, slug := range slices.Sorted(maps.Keys(states)) {
		if !states[slug].valid() {
			p.Add("states."+slug, `must be "up", "failing" or "recovering"`)
		}
	}
}

// statesOf returns the states of apps by their slugs.
func statesOf(apps []App) map[string]AppState {
	states := make(map[string]AppState, len(apps))
	for _, app := range apps {
		states[app.Slug] = app.State
	}
	return states
}

// namedApps returns the slugs of all apps that are named, each once. An app whose
// state is given is named too.
func namedApps(apps []string, states map[string]AppState) []string {
	slugs := slices.AppendSeq(slices.Clone(apps), maps.Keys(states))
	slices.Sort(slugs)
	return slices.Compact(slugs)
}

// App is a service that people use: Messenger, Instagram.
type App struct {
	ID             int64
	Slug           string
	Name           string
	State          AppState
	StateChangedAt time.Time
	CreatedAt      time.Time
	// RetiredAt is when the app was retired: it cannot be chosen for a new outage. It is nil if
	// it is covered.
	RetiredAt *time.Time
}

// Retired stands for the state of an app that is not covered any more, whatever it was then.
const Retired AppState = "retired"

// ShownState is the state that readers see.
func (a App) ShownState() AppState {
	if a.RetiredAt != nil {
		return Retired
	}
	return a.State
}

// Topic is what a reader follows to follow the app.
func (a App) Topic() Topic { return Topic{Kind: AppTopic, Slug: a.Slug} }

func (a App) audited() fields { return fields{"slug": a.Slug, "name": a.Name, "state": a.State} }

// maxAppName is the maximum length of an app's name, in bytes.
const maxAppName = 80

// NewApp is an app to be created. Its first state is up.
type NewApp struct {
	Slug, Name string
	// Actor creates it, for the audit log.
	Actor string
}

// Validate returns an [*validation.Invalid] with every problem.
func (n NewApp) Validate() error {
	var p validation.Problems
	p.Slug("slug", n.Slug)
	p.Text("name", n.Name, maxAppName)
	return p.Err()
}

// CreateApp creates an app and its topic. A slug that is taken is an [ErrConflict].
func (s *Store) CreateApp(ctx context.Context, n NewApp) (App, error) {
	n.Name = text.Trim(n.Name)
	if err := n.Validate(); err != nil {
		return App{}, err
	}
	now := s.Now()
	app := App{Slug: n.Slug, Name: n.Name, State: Up, StateChangedAt: now, CreatedAt: now}
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		topic := app.Topic()
		if err := tx.Create(&app).Error; err != nil {
			return err
		}
		if err := tx.Create(&topic).Error; err != nil {
			return err
		}
		return s.audit(tx, n.Actor, "create app", app.Topic().String(), added(app.audited()))
	})
	if err != nil {
		return App{}, fmt.Errorf("app %s: %w", n.Slug, err)
	}
	return app, nil
}

// App finds an app by its slug.
func (s *Store) App(ctx context.Context, slug string) (App, error) {
	var app App
	if !validation.IsSlug(slug) {
		return app, fmt.Errorf("app %q: %w", slug, ErrNotFound)
	}
	if err := s.db.Read.WithContext(ctx).Take(&app, "slug = ?", slug).Error; err != nil {
		return App{}, fmt.Errorf("app %s: %w", slug, domain(err))
	}
	return app, nil
}

// Apps are all apps, by name.
func (s *Store) Apps(ctx context.Context) ([]App, error) {
	return list[App](ctx, s, s.db.Read.WithContext(ctx).Order("name"))
}

// AppsOfOutage are an outage's apps: those it began with, by name, then those
// that its updates named, in that order.
func (s *Store) AppsOfOutage(ctx context.Context, outage Outage) ([]App, error) {
	var named []App
	err := s.db.Read.WithContext(ctx).
		Joins(`JOIN (SELECT app_id, min(update_id) AS first FROM update_apps JOIN updates ON updates.id = update_id
			WHERE outage_id = ? AND `+isVisible+` GROUP BY app_id) AS named ON named.app_id = apps.id`, outage.ID).
		Where("id NOT IN (SELECT app_id FROM outage_apps WHERE outage_id = ?)", outage.ID).
		Order("first, name").Find(&named).Error
	return append(slices.Clone(outage.Apps), named...), domain(err)
}

// appsBySlug finds apps, each of which must exist; field names the input they
// came from.
func appsBySlug(tx *gorm.DB, field string, slugs []string) ([]App, error) {
	var found []App
	if len(slugs) == 0 {
		return found, nil
	}
	askable := slices.DeleteFunc(slices.Clone(slugs), func(slug string) bool { return !validation.IsSlug(slug) })
	if err := tx.Where("slug IN ?", askable).Order("id").Find(&found).Error; err != nil {
		return nil, err
	}
	exists := map[string]bool{}
	for _, app := range found {
		exists[app.Slug] = true
	}
	var p validation.Problems
	for _, slug := range slugs {
		if !exists[slug] {
			p.Add(field, "there is no app %q", slug)
		}
	}
	return found, p.Err()
}

// checkCovered adds a problem for each app that is retired, but for those that were chosen
// before.
func checkCovered(apps, before []App) error {
	var p validation.Problems
	for _, app := range apps {
		isOld := slices.ContainsFunc(before, func(old App) bool { return old.ID == app.ID })
		if app.RetiredAt != nil && !isOld {
			p.Add("apps", "%s is retired", app.Name)
		}
	}
	return p.Err()
}

// An app may be part of several outages at a time. Opening an outage never sets an app
// to a better state than another ongoing outage has set, and resolving an outage does not
// change apps that are part of another. A state that an editor sets in an update
// is set as it is.

// isElsewhere is the condition of an app that is part of another ongoing outage: the
// outage began with it, or has set its state. Its argument is the outage that does not
// count.
const isElsewhere = `EXISTS (SELECT 1 FROM outages WHERE outages.state = 'ongoing' AND ` + isNews + ` AND outages.id <> @outage AND (
	EXISTS (SELECT 1 FROM outage_apps WHERE outage_apps.outage_id = outages.id AND outage_apps.app_id = apps.id)
	OR EXISTS (SELECT 1 FROM updates JOIN update_apps ON update_apps.update_id = updates.id
		WHERE updates.outage_id = outages.id AND ` + isVisible + ` AND update_apps.app_id = apps.id AND update_apps.state IS NOT NULL)))`

// openingStates sets the states of the apps of a new outage: the given ones, and
// failing where none is given.
func openingStates(tx *gorm.DB, outage *Outage, given map[string]AppState) error {
	for i := range outage.Apps {
		app := &outage.Apps[i]
		state := cmp.Or(given[app.Slug], Failing)
		var elsewhere int64
		err := tx.Model(&App{}).Where("id = ?", app.ID).Where(isElsewhere, map[string]any{"outage": outage.ID}).Count(&elsewhere).Error
		if err != nil {
			return err
		}
		if elsewhere > 0 {
			state = worse(state, app.State)
		}
		if state == app.State {
			continue
		}
		app.State, app.StateChangedAt = state, later(outage.BeganAt, app.StateChangedAt)
		if err := tx.Model(app).Select("state", "state_changed_at").Updates(app).Error; err != nil {
			return err
		}
	}
	return nil
}

// withReleased adds the apps that a resolution sets up to those that it names.
func withReleased(tx *gorm.DB, outage Outage, apps []App, states map[string]AppState) ([]App, map[string]AppState, error) {
	released, err := releasedApps(tx, outage)
	apps, states = slices.Clone(apps), maps.Clone(states)
	if states == nil {
		states = map[string]AppState{}
	}
	for _, app := range released {
		states[app.Slug] = cmp.Or(states[app.Slug], Up)
		if !slices.ContainsFunc(apps, func(named App) bool { return named.ID == app.ID }) {
			apps = append(apps, app)
		}
	}
	return apps, states, err
}

// releasedApps returns the apps that a resolution sets up unless it says otherwise: those
// of the outage that are not up and not part of another ongoing outage. A drill has none.
func releasedApps(tx *gorm.DB, outage Outage) (apps []App, err error) {
	if outage.IsDrill() {
		return nil, nil
	}
	return apps, tx.Where("state <> ?", Up).
		Where(`id IN (SELECT app_id FROM outage_apps WHERE outage_id = ?
			UNION SELECT app_id FROM update_apps JOIN updates ON updates.id = update_id WHERE outage_id = ? AND `+isVisible+` AND update_apps.state IS NOT NULL)`, outage.ID, outage.ID).
		Where("NOT "+isElsewhere, map[string]any{"outage": outage.ID}).Order("id").Find(&apps).Error
}

// worse is the state that is further from up.
func worse(a, b AppState) AppState {
	if a == Failing || b == Failing {
		return Failing
	}
	if a == Recovering || b == Recovering {
		return Recovering
	}
	return Up
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
