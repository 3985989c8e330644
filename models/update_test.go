package models_test

import (
	"slices"
	"sync"
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestUpdatesAreReadOnFromAnyOfThem(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		outage := db.Outage("messages-down", "messenger")
		db.Outage("calls", "whatsapp")
		var ids []int64
		for range 4 {
			ids = append(ids, db.PublishDraft(models.Draft{Outage: "messages-down", Apps: []string{"messenger"}}).Update.ID)
			db.PublishDraft(models.Draft{Outage: "calls"})
		}
		for name, c := range map[string]struct {
			read func() ([]models.Update, error)
			want []int64
		}{
			"all": {func() ([]models.Update, error) { return db.UpdatesAfter(t.Context(), outage, 0, 10) }, ids},
			"the next two after the first": {func() ([]models.Update, error) {
				return db.UpdatesAfter(t.Context(), outage, ids[0], 2)
			}, ids[1:3]},
			"none after the last": {func() ([]models.Update, error) { return db.UpdatesAfter(t.Context(), outage, ids[3], 10) }, nil},
			"the last three":      {func() ([]models.Update, error) { return db.LatestUpdates(t.Context(), outage, 3) }, ids[1:]},
		} {
			updates, err := c.read()
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, update := range updates {
				got = append(got, update.ID)
				if len(update.Apps) != 1 || update.Apps[0].App.Slug != "messenger" {
					t.Errorf("%s: apps = %+v", name, update.Apps)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v; want %v", name, got, c.want)
			}
		}
	})
}

func TestAnAppsUpdatesComeFromAllOutagesThatNameIt(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		db.Outage("calls", "whatsapp")
		first := db.PublishDraft(models.Draft{Outage: "messages-down", Apps: []string{"messenger"}}).Update.ID
		db.PublishDraft(models.Draft{Outage: "messages-down"})
		second := db.PublishDraft(models.Draft{Outage: "calls", Apps: []string{"whatsapp", "messenger"}}).Update.ID
		app, err := db.Store.App(t.Context(), "messenger")
		if err != nil {
			t.Fatal(err)
		}
		for limit, want := range map[int][]int64{10: {second, first}, 1: {second}} {
			updates, err := db.UpdatesOfApp(t.Context(), app, limit)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, u := range updates {
				got = append(got, u.Update.ID)
			}
			if !slices.Equal(got, want) || updates[0].Outage.Slug != "calls" || len(updates[0].Update.Apps) != 2 {
				t.Errorf("the last %d: %+v; want %v", limit, updates, want)
			}
		}
	})
}

func TestReadingUpdatesWhileOthersPublishMissesNone(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		outage := db.Outage("messages-down", "messenger")
		var editors sync.WaitGroup
		for range 6 {
			editors.Go(func() {
				for range 8 {
					_, err := db.Publish(t.Context(), models.Draft{
						Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertNone, Headline: "News", Actor: "test",
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		published := make(chan struct{})
		go func() {
			defer close(published)
			editors.Wait()
		}()
		var last, read int64
		for ended := false; ; {
			updates, err := db.UpdatesAfter(t.Context(), outage, last, 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(updates) == 0 && ended {
				break
			}
			for _, update := range updates {
				last, read = update.ID, read+1
			}
			select {
			case <-published:
				ended = true
			default:
			}
		}
		if read != 6*8 {
			t.Errorf("read %d of %d updates", read, 6*8)
		}
	})
}
