package models_test

import (
	"slices"
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestAnOutagesAppsAreItsOwnAndThenThoseThatUpdatesNamed(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		outage := db.Outage("messages-down", "messenger", "instagram")
		db.Outage("calls-down", "whatsapp", "threads", "facebook")
		for _, apps := range [][]string{{"whatsapp"}, {"messenger"}, {"whatsapp", "threads", "facebook"}} {
			db.PublishNow(models.Draft{Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertNone, Apps: apps, Headline: "News"})
		}
		outage, err := db.Store.Outage(t.Context(), outage.Slug)
		if err != nil {
			t.Fatal(err)
		}
		apps, err := db.AppsOfOutage(t.Context(), outage)
		var slugs []string
		for _, app := range apps {
			slugs = append(slugs, app.Slug)
		}
		want := []string{"instagram", "messenger", "whatsapp", "facebook", "threads"}
		if err != nil || !slices.Equal(slugs, want) {
			t.Errorf("apps = %v, %v; want %v", slugs, err, want)
		}
	})
}
