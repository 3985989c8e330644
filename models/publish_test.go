package models_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
	"newsbell/models/validation"
)

func TestPublishWritesUpdateStatesAlertAndAuditEntryTogether(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		outage := db.Outage("messages-down", "messenger", "instagram")
		published, err := db.Publish(ctx, models.Draft{
			Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertKey,
			Apps: []string{"messenger"}, States: map[string]models.AppState{"instagram": models.Failing},
			Headline: "Messages are failing", Body: "On both apps.", Actor: "token desk",
		})
		if err != nil {
			t.Fatal(err)
		}
		updates, err := db.Updates(ctx, outage)
		if err != nil || len(updates) != 1 || len(updates[0].Apps) != 2 {
			t.Fatalf("updates = %+v, %v; want one that names both apps", updates, err)
		}
		app, err := db.Store.App(ctx, "instagram")
		if err != nil {
			t.Fatal(err)
		}
		modelstest.Check(t, "instagram", modelstest.Facts{
			"state": {app.State, models.Failing},
			"since": {app.StateChangedAt, modelstest.Start},
		})
		alert, err := db.Alert(ctx, published.Alert.ID)
		if err != nil {
			t.Fatal(err)
		}
		modelstest.Check(t, "the alert of a key moment", modelstest.Facts{
			"state":    {alert.State, models.Holding},
			"deadline": {alert.Deadline, modelstest.Start.Add(4 * time.Hour)},
		})
		entries, err := db.AuditEntries(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		modelstest.Check(t, "the audit entry", modelstest.Facts{
			"actor":  {entries[0].Actor, "token desk"},
			"action": {entries[0].Action, "publish update"},
		})
	})
}

func TestPublishRefusesBadDraftsAndChangesNothing(t *testing.T) {
	good := models.Draft{Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: "News"}
	cases := map[string]struct {
		spoil func(*models.Draft)
		want  func(error) bool
	}{
		"an outage that does not exist": {func(d *models.Draft) { d.Outage = "elsewhere" }, isNotFound},
		"no headline":                   {func(d *models.Draft) { d.Headline = "  " }, isInvalid("headline")},
		"an unknown kind":               {func(d *models.Draft) { d.Kind = "rumour" }, isInvalid("kind")},
		"an unknown alert level":        {func(d *models.Draft) { d.Alert = "loud" }, isInvalid("alert")},
		"an unknown app":                {func(d *models.Draft) { d.Apps = []string{"icq"} }, isInvalid("apps")},
		"an unknown state": {func(d *models.Draft) {
			d.States = map[string]models.AppState{"messenger": "sideways"}
		}, isInvalid("states.messenger")},
		"a headline that is not UTF-8": {func(d *models.Draft) { d.Headline = "\xff" }, isInvalid("headline")},
	}
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		outage := db.Outage("messages-down", "messenger")
		for name, c := range cases {
			draft := good
			c.spoil(&draft)
			if _, err := db.Publish(t.Context(), draft); !c.want(err) {
				t.Errorf("%s: error = %v", name, err)
			}
		}
		if updates, err := db.Updates(t.Context(), outage); err != nil || len(updates) != 0 {
			t.Errorf("updates = %v, %v; want none", updates, err)
		}
	})
}

func TestAResolvedOutageTakesOnlyCorrections(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution})
		outage, err := db.Store.Outage(t.Context(), "messages-down")
		if err != nil {
			t.Fatal(err)
		}
		modelstest.Check(t, "the outage", modelstest.Facts{
			"state":        {outage.State, models.Resolved},
			"has the time": {outage.ResolvedAt != nil, true},
		})
		_, err = db.Publish(t.Context(), models.Draft{
			Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: "More",
		})
		if !errors.Is(err, models.ErrConflict) {
			t.Errorf("an update: error = %v; want a conflict", err)
		}
		db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Correction, Alert: models.AlertNone})
	})
}

func TestACorrectionNamesTheUpdateThatItCorrects(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		outage := db.Outage("messages-down", "messenger")
		db.Outage("calls", "whatsapp")
		elsewhere := db.PublishDraft(models.Draft{Outage: "calls"}).Update.ID
		wrong := db.PublishDraft(models.Draft{Outage: "messages-down", Apps: []string{"messenger"}, Headline: "It began at 8"}).Update
		db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution})
		good := models.Draft{
			Outage: "messages-down", Kind: models.Correction, Alert: models.AlertAll, Headline: "It began at 9",
			Apps: []string{"messenger"}, Corrects: wrong.ID,
		}
		for name, spoil := range map[string]func(*models.Draft){
			"an update that is not there": func(d *models.Draft) { d.Corrects = 999 },
			"a number that none can have": func(d *models.Draft) { d.Corrects = -1 },
			"another outage's":            func(d *models.Draft) { d.Corrects = elsewhere },
			"an update that corrects":     func(d *models.Draft) { d.Kind = models.OrdinaryUpdate },
			"a resolution that corrects":  func(d *models.Draft) { d.Kind = models.Resolution },
		} {
			draft := good
			spoil(&draft)
			if _, err := db.Publish(ctx, draft); !isInvalid("corrects")(err) {
				t.Errorf("%s: publish: %v", name, err)
			}
			if _, err := db.CountAudience(ctx, draft); !isInvalid("corrects")(err) {
				t.Errorf("%s: reach: %v", name, err)
			}
		}
		correction := db.PublishDraft(good).Update
		again := db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Correction, Corrects: correction.ID}).Update
		ofNone := db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Correction}).Update
		if id := correction.CorrectsID; id == nil || *id != wrong.ID {
			t.Errorf("the correction is stored as %+v; want one of update %d", correction, wrong.ID)
		}
		if ofNone.CorrectsID != nil {
			t.Errorf("a correction of no update is stored as one of update %d", *ofNone.CorrectsID)
		}
		app, err := db.Store.App(ctx, "messenger")
		if err != nil {
			t.Fatal(err)
		}
		for name, read := range map[string]func() ([]models.Update, error){
			"all":    func() ([]models.Update, error) { return db.Updates(ctx, outage) },
			"after":  func() ([]models.Update, error) { return db.UpdatesAfter(ctx, outage, wrong.ID, 10) },
			"latest": func() ([]models.Update, error) { return db.LatestUpdates(ctx, outage, 10) },
			"an app's": func() ([]models.Update, error) {
				found, err := db.UpdatesOfApp(ctx, app, 10)
				var updates []models.Update
				for _, u := range found {
					updates = append(updates, u.Update)
				}
				return updates, err
			},
		} {
			updates, err := read()
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range updates {
				switch {
				case u.ID == correction.ID && (u.Corrects == nil || u.Corrects.ID != wrong.ID || u.Corrects.Headline != "It began at 8"),
					u.ID == again.ID && (u.Corrects == nil || u.Corrects.ID != correction.ID),
					(u.ID == wrong.ID || u.ID == ofNone.ID) && u.Corrects != nil:
					t.Errorf("%s: %+v corrects %+v", name, u, u.Corrects)
				}
			}
			if !slices.ContainsFunc(updates, func(u models.Update) bool { return u.ID == correction.ID }) {
				t.Errorf("%s: no correction in %+v", name, updates)
			}
		}
	})
}

func isNotFound(err error) bool { return errors.Is(err, models.ErrNotFound) }

func isInvalid(field string) func(error) bool {
	return func(err error) bool {
		invalid, ok := errors.AsType[*validation.Invalid](err)
		return ok && len(invalid.Problems) == 1 && invalid.Problems[0].Field == field
	}
}
