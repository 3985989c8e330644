package models

import (
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"
)

// An app may be part of several outages at a time. Opening one never makes an
// app look better than another that is ongoing says, and resolving one leaves
// alone what another still holds. What an editor says of an app's state in an
// update counts as it is.

// heldElsewhere finds apps that another ongoing outage began with, or has set a
// state of. Its argument is the outage that does not count.
const heldElsewhere = `EXISTS (SELECT 1 FROM outages WHERE outages.state = 'ongoing' AND outages.id <> @outage AND (
	EXISTS (SELECT 1 FROM outage_apps WHERE outage_apps.outage_id = outages.id AND outage_apps.app_id = apps.id)
	OR EXISTS (SELECT 1 FROM updates JOIN update_apps ON update_apps.update_id = updates.id
		WHERE updates.outage_id = outages.id AND update_apps.app_id = apps.id AND update_apps.state IS NOT NULL)))`

// openingStates sets the states of the apps of an outage that has been opened:
// those given, and failing where none is.
func openingStates(tx *gorm.DB, outage *Outage, given map[string]AppState) error {
	for i := range outage.Apps {
		app := &outage.Apps[i]
		state := orDefault(given[app.Slug], Failing)
		var held int64
		err := tx.Model(&App{}).Where("id = ?", app.ID).Where(heldElsewhere, map[string]any{"outage": outage.ID}).Count(&held).Error
		if err != nil {
			return err
		}
		if held > 0 {
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

// withReleased adds the apps that a resolution releases to those that it names.
func withReleased(tx *gorm.DB, outage Outage, apps []App, states map[string]AppState) ([]App, map[string]AppState, error) {
	released, err := releasedApps(tx, outage)
	apps, states = slices.Clone(apps), maps.Clone(states)
	if states == nil {
		states = map[string]AppState{}
	}
	for _, app := range released {
		states[app.Slug] = orDefault(states[app.Slug], Up)
		if !slices.ContainsFunc(apps, func(named App) bool { return named.ID == app.ID }) {
			apps = append(apps, app)
		}
	}
	return apps, states, err
}

// releasedApps are those that a resolution sets up unless it says otherwise:
// apps that the outage began with, or has set a state of, and that are
// not up, and that no other outage holds.
func releasedApps(tx *gorm.DB, outage Outage) (apps []App, err error) {
	return apps, tx.Where("state <> ?", Up).
		Where(`id IN (SELECT app_id FROM outage_apps WHERE outage_id = ?
			UNION SELECT app_id FROM update_apps JOIN updates ON updates.id = update_id WHERE outage_id = ? AND update_apps.state IS NOT NULL)`, outage.ID, outage.ID).
		Where("NOT "+heldElsewhere, map[string]any{"outage": outage.ID}).Order("id").Find(&apps).Error
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
