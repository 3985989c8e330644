package models_test

import (
	"errors"
	"testing"

	"newsbell/models"
	"newsbell/models/endpoints"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestAPlanBeginsWithOneShardAndCoversEverybodyOnce(t *testing.T) {
	withShardsOf(t, 3, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		var readers []models.Subscription
		for i := range 20 {
			readers = append(readers, db.Reader([][]string{
				{"outage/messages-down:all"}, {"app/messenger:all"}, {"outage/messages-down:all", "app/messenger:all"},
			}[i%3]...))
		}
		db.Reader("app/messenger:all", "outage/messages-down:muted")
		db.Reader("outage/messages-down:resolution")
		id := db.PublishDraft(models.Draft{Outage: "messages-down", Apps: []string{"messenger"}}).Alert.ID

		first, done, err := db.Plan(t.Context(), id)
		if err != nil || done || len(first) != 1 {
			t.Fatalf("first step = %v, %v, %v; want one shard", first, done, err)
		}
		second, _, err := db.Plan(t.Context(), id)
		if err != nil || len(second) != 1 {
			t.Fatalf("second step = %v, %v", second, err)
		}
		db.PlanAll(id)
		alert, err := db.Alert(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		modelstest.Check(t, "the alert", modelstest.Facts{
			"audience":   {alert.Audience, len(readers)},
			"is planned": {alert.PlannedAt != nil, true},
		})
		got := map[int64]int{}
		for _, sub := range deliverAll(t, db) {
			got[sub]++
		}
		for _, reader := range readers {
			if got[reader.ID] != 1 {
				t.Errorf("reader %d lies in %d shards", reader.ID, got[reader.ID])
			}
		}
		if len(got) != len(readers) {
			t.Errorf("%d readers are in shards, want %d", len(got), len(readers))
		}
	})
}

func TestAnAlertStoppedInItsPlanEnds(t *testing.T) {
	withShardsOf(t, 1, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		db.Reader("outage/messages-down:all")
		id := db.PublishDraft(models.Draft{Outage: "messages-down"}).Alert.ID
		if _, done, err := db.Plan(t.Context(), id); err != nil || done {
			t.Fatalf("done = %v, %v", done, err)
		}
		if err := db.StopAlert(t.Context(), id, "test"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := db.Plan(t.Context(), id); !errors.Is(err, models.ErrPlanned) {
			t.Errorf("plan = %v; want nothing to do", err)
		}
		deliverAll(t, db)
		alert, err := db.Alert(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		modelstest.Check(t, "the alert", modelstest.Facts{
			"state":       {alert.State, models.Stopped},
			"is finished": {alert.FinishedAt != nil, true},
		})
	})
}

func TestANewerAlertSupersedesAnOlderOneWhoseAudienceItIncludes(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger", "instagram")
		db.Reader("outage/messages-down:all")
		publish := func(d models.Draft) int64 {
			d.Outage = "messages-down"
			return db.PublishNow(d).Alert.ID
		}
		ofApp := publish(models.Draft{Apps: []string{"instagram"}})
		older := publish(models.Draft{Apps: []string{"messenger"}})
		key := publish(models.Draft{Alert: models.AlertKey, Apps: []string{"messenger"}})
		newest := publish(models.Draft{Apps: []string{"messenger"}})
		want := map[int64]models.AlertState{
			ofApp:  models.Sending, // the others are not for Instagram's followers
			older:  models.Superseded,
			key:    models.Sending, // the newest is not for followers at "key"
			newest: models.Sending,
		}
		for id, state := range want {
			if alert, err := db.Alert(t.Context(), id); err != nil || alert.State != state {
				t.Errorf("alert %d is %s, %v; want %s", id, alert.State, err, state)
			}
		}
		deliverAll(t, db)
		alert, err := db.Alert(t.Context(), older)
		if err != nil || alert.FinishedAt == nil {
			t.Fatalf("alert = %+v, %v; want it finished", alert, err)
		}
		if counts, err := db.Counts(t.Context(), alert); err != nil || counts.Accepted != 0 || counts.Remaining() != 1 {
			t.Errorf("counts = %+v, %v; want no reader notified", counts, err)
		}
	})
}

// withShardsOf runs a test on both databases with small shards.
func withShardsOf(t *testing.T, size int, test func(*testing.T, *modelstest.DB)) {
	t.Helper()
	hosts, err := endpoints.NewAllowlist()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []modelstest.Kind{modelstest.SQLite, modelstest.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			test(t, modelstest.OpenWith(t, kind, models.Options{PushHosts: hosts, ShardSize: size}))
		})
	}
}

// deliverAll delivers every due shard, as if all pushes were accepted, and returns the
// readers.
func deliverAll(t *testing.T, db *modelstest.DB) (delivered []int64) {
	t.Helper()
	ctx := t.Context()
	shards, err := db.DueShards(ctx, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range shards {
		claim, err := db.Claim(ctx, shard.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range deliver(t, db, claim, ledger.Accepted) {
			delivered = append(delivered, p.readers...)
		}
	}
	return delivered
}
