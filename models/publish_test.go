package models_test

import (
	"errors"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
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
		if app, err := db.Store.App(ctx, "instagram"); err != nil || app.State != models.Failing || !app.StateChangedAt.Equal(modelstest.Start) {
			t.Errorf("instagram = %+v, %v; want failing since %v", app, err, modelstest.Start)
		}
		alert, err := db.Alert(ctx, published.Alert.ID)
		if err != nil || alert.State != models.Holding || !alert.Deadline.Equal(modelstest.Start.Add(4*time.Hour)) {
			t.Errorf("alert = %+v, %v; want one that holds, with a key moment's deadline", alert, err)
		}
		entries, err := db.AuditEntries(ctx, 1)
		if err != nil || entries[0].Actor != "token desk" || entries[0].Action != "publish update" {
			t.Errorf("audit = %+v, %v", entries, err)
		}
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
		if err != nil || outage.State != models.Resolved || outage.ResolvedAt == nil {
			t.Fatalf("outage = %+v, %v; want resolved", outage, err)
		}
		_, err = db.Publish(t.Context(), models.Draft{
			Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: "More",
		})
		if !errors.Is(err, models.ErrConflict) {
			t.Errorf("an update: error = %v; want a conflict", err)
		}
		db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Correction, Alert: models.AlertNone})
	})
}

func isNotFound(err error) bool { return errors.Is(err, models.ErrNotFound) }

func isInvalid(field string) func(error) bool {
	return func(err error) bool {
		invalid, ok := errors.AsType[*models.Invalid](err)
		return ok && len(invalid.Problems) == 1 && invalid.Problems[0].Field == field
	}
}
