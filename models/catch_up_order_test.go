package models_test

import (
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestACorrectionThatWasHeldBackIsToldAlsoToWhoHadTheResolution(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		p, one := newPostman(t, db), 1
		capped := chooses(t, db, db.Reader("outage/messages-down:all"), models.SubscriptionChange{HourlyCap: &one})
		asleep := sleeping(t, db, "outage/messages-down:all")
		resolution := db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution}).Update.ID
		p.round()
		correction := db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Correction}).Update.ID
		for range 30 {
			p.round()
			db.Clock.Advance(time.Hour)
		}
		if got := updatesOf(p.to(capped)); !slices.Equal(got, []int64{resolution, correction}) {
			t.Errorf("who had the resolution was sent %v; want the correction %d too", got, correction)
		}
		if got := updatesOf(p.to(asleep)); !slices.Equal(got, []int64{correction}) {
			t.Errorf("who slept was sent %v; want the correction %d, as it stands", got, correction)
		}
	})
}

func TestWhoSubscribesAnewHasNoCatchUpOfBefore(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		browser, p := db.Browser(), newPostman(t, db)
		before, _ := db.ReaderWithSecret(browser, "outage/messages-down:all")
		chooses(t, db, before, models.SubscriptionChange{SetQuietHours: true, QuietHours: &asleep})
		db.PublishDraft(models.Draft{Outage: "messages-down"})
		p.round()
		again, _ := db.ReaderWithSecret(browser, "app/messenger:resolution")
		db.Clock.Advance(morning)
		p.round()
		if got := p.to(again); len(got) != 0 || db.Count("catch_ups") != 0 {
			t.Errorf("sent %v; want nothing of what was followed before", got)
		}
	})
}

func TestWhoSwitchesQuietHoursOffIsToldAtOnceAlsoWhileOthersWait(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		reader, p := sleeping(t, db, "outage/messages-down:all"), newPostman(t, db)
		p.keepsWaiting(db.Reader("outage/messages-down:all"))
		db.PublishDraft(models.Draft{Outage: "messages-down"})
		p.round()
		chooses(t, db, reader, models.SubscriptionChange{SetQuietHours: true})
		p.round()
		if got := p.to(reader); len(got) != 1 {
			t.Errorf("sent %v; want the catch-up", got)
		}
	})
}

func TestAReaderWhoSaysTheSameAgainMakesNoAlert(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader, p := night(t, db)
		for range 5 {
			chooses(t, db, reader, models.SubscriptionChange{TimeZone: &reader.TimeZone})
			p.round()
		}
		if n := db.Count("alerts"); n != 1 {
			t.Errorf("%d alerts; want the one that was published", n)
		}
	})
}

func TestStoppingACatchUpWhileAPageIsRecordedLosesNeither(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		for range 200 {
			sleeping(t, db, "outage/messages-down:all")
		}
		p := newPostman(t, db)
		for range 4 {
			db.PublishDraft(models.Draft{Outage: "messages-down"})
			p.round()
			db.Clock.Advance(morning)
			if err := db.OpenCatchUps(t.Context()); err != nil {
				t.Fatal(err)
			}
			ids, err := db.UnplannedAlerts(t.Context())
			if err != nil || len(ids) != 1 {
				t.Fatal(ids, err)
			}
			db.PlanAll(ids[0])
			shards, err := db.Shards(t.Context(), ids[0])
			if err != nil {
				t.Fatal(err)
			}
			claim, err := db.Claim(t.Context(), shards[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			page := readPages(t, db, claim)[0]
			stopped := make(chan error)
			go func() { stopped <- db.StopAlert(t.Context(), ids[0], "test") }()
			if err := db.Record(t.Context(), claim, page, outcomes(page, ledger.Accepted)); err != nil {
				t.Errorf("record: %v", err)
			}
			if err := <-stopped; err != nil {
				t.Errorf("stop: %v", err)
			}
			if n := db.Count("catch_ups"); n != 0 {
				t.Errorf("%d catch-ups are left", n)
			}
			db.Clock.Advance(24*time.Hour - morning)
		}
	})
}

func updatesOf(letters []letter) (updates []int64) {
	for _, l := range letters {
		updates = append(updates, l.update)
	}
	return updates
}
