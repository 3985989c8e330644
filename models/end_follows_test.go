package models_test

import (
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

const day = 24 * time.Hour

func TestAnOutagesFollowsEndADayAfterItsResolution(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		db.Outage("calls", "whatsapp")
		var readers []models.Subscription
		for _, level := range []string{"all", "key", "resolution", "muted", "hushed"} {
			readers = append(readers, db.Reader("outage/messages-down:"+level, "app/messenger:all", "outage/calls:key"))
		}
		db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertNone})
		ends(t, db, 0)
		db.Clock.Advance(day - time.Microsecond)
		ends(t, db, 0)
		db.Clock.Advance(time.Microsecond)
		ends(t, db, 5)
		for _, reader := range readers {
			if got := topicsOf(t, db, reader); !slices.Equal(got, []string{"app/messenger", "outage/calls"}) {
				t.Errorf("follows %v; want what is not over", got)
			}
		}
		outage, err := db.Store.Outage(t.Context(), "messages-down")
		if err != nil {
			t.Fatal(err)
		}
		modelstest.Check(t, "the outage", modelstest.Facts{
			"follows ended at": {outage.FollowsEndedAt, db.Now()},
		})
		ends(t, db, 0)
	})
}

func TestManyFollowsEndInBatches(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		db.VAPIDKey()
		const many = 4500
		readers := make([]models.NewSubscription, many)
		for i := range readers {
			readers[i] = imported(db.Browser(), "outage/messages-down:all")
		}
		if err := db.Import(t.Context(), readers); err != nil {
			t.Fatal(err)
		}
		db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertNone})
		db.Clock.Advance(day)
		ends(t, db, many)
		if size, err := db.CountAudience(t.Context(), models.Draft{
			Outage: "messages-down", Kind: models.Correction, Alert: models.AlertAll, Headline: "It was 9",
		}); err != nil || size != 0 {
			t.Errorf("audience = %d, %v; want none left", size, err)
		}
	})
}

func TestFollowsLastUntilTheLastAlertHasEnded(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		outage := db.Outage("messages-down", "messenger")
		reader := db.Reader("outage/messages-down:all")
		db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertNone})
		db.Clock.Advance(day)
		alert := db.PublishNow(models.Draft{Outage: "messages-down", Kind: models.Correction}).Alert
		ends(t, db, 0)
		if reached := deliverAll(t, db); !slices.Equal(reached, []int64{reader.ID}) {
			t.Errorf("the correction reached %v; want its reader", reached)
		}
		db.Exec("INSERT INTO catch_ups (outage_id, subscription_id, first_alert_id, alert_id, reach, due_at) VALUES (?, ?, ?, ?, 0, ?)",
			outage.ID, reader.ID, alert.ID, alert.ID, db.Now().Add(time.Hour))
		ends(t, db, 0)
		db.Exec("DELETE FROM catch_ups")
		ends(t, db, 1)
	})
}

func TestAMuteOfAnOutageThatIsLongOverEndsToo(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		reader := db.Reader()
		db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertNone})
		db.Clock.Advance(day)
		ends(t, db, 0)
		if err := db.Follow(t.Context(), reader, models.NewFollow{Topic: "outage/messages-down", Level: "muted"}); err != nil {
			t.Fatal(err)
		}
		ends(t, db, 1)
		ends(t, db, 0)
	})
}

func TestAResolvedOutageCanOnlyBeSilenced(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		early := db.Reader("outage/messages-down:key")
		db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertNone})
		late := db.Reader("app/messenger:all")
		for _, level := range []string{"all", "key", "resolution", "muted", "hushed"} {
			silences := level == "muted" || level == "hushed"
			pairs := []string{"app/messenger:all", "outage/messages-down:" + level}
			err := db.Follow(t.Context(), late, modelstest.ParseFollows(pairs...)[1])
			if silences != (err == nil) || !silences && !isInvalid("topic")(err) {
				t.Errorf("follow at %s: %v", level, err)
			}
			_, err = db.Subscribe(t.Context(), imported(db.Browser(), pairs...))
			if silences != (err == nil) || !silences && !isInvalid("follows[1].topic")(err) {
				t.Errorf("subscribe at %s: %v", level, err)
			}
			err = db.Import(t.Context(), []models.NewSubscription{imported(db.Browser(), pairs...)})
			if silences != (err == nil) || !silences && !isInvalid("follows[1].topic")(err) {
				t.Errorf("import at %s: %v", level, err)
			}
		}
		follows, err := db.Follows(t.Context(), early)
		if err != nil || len(follows) != 1 {
			t.Fatalf("early follows = %+v, %v; want one", follows, err)
		}
		modelstest.Check(t, "the early follow", modelstest.Facts{
			"level":   {follows[0].Level, models.LevelKey},
			"state":   {follows[0].State, "resolved"},
			"ends at": {follows[0].EndsAt, modelstest.Start.Add(day)},
		})
		follows, err = db.Follows(t.Context(), late)
		if err != nil || len(follows) != 2 {
			t.Fatalf("late follows = %+v, %v; want an app's and a muted outage's", follows, err)
		}
		modelstest.Check(t, "the late follows", modelstest.Facts{
			"the app's state": {follows[0].State, "up"},
			"the app's end":   {follows[0].EndsAt, nil},
			"the mute":        {follows[1].Muted, models.MutedUntilResolution},
		})
	})
}

// ends ends follows and compares how many.
func ends(t *testing.T, db *modelstest.DB, want int64) {
	t.Helper()
	if ended, err := db.EndFollows(t.Context()); err != nil || ended != want {
		t.Errorf("%d follows ended, %v; want %d", ended, err, want)
	}
}

// topicsOf are what a subscription follows, in order.
func topicsOf(t *testing.T, db *modelstest.DB, sub models.Subscription) (topics []string) {
	t.Helper()
	follows, err := db.Follows(t.Context(), sub)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range follows {
		topics = append(topics, f.Topic.String())
	}
	return slices.Sorted(slices.Values(topics))
}
