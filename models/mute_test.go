package models_test

import (
	"fmt"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// follows writes a change and compares what is followed then, as "level:muted"
// or nothing.
func follows(t *testing.T, db *modelstest.DB, sub models.Subscription, change models.NewFollow, want string) {
	t.Helper()
	change.Topic = "outage/messages-down"
	if err := db.Follow(t.Context(), sub, change); err != nil {
		t.Fatalf("%+v: %v", change, err)
	}
	stored, err := db.Follows(t.Context(), sub)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, f := range stored {
		if f.Topic.String() == change.Topic {
			got = f.Level.String() + ":" + f.Muted.String()
		}
	}
	if got != want {
		t.Errorf("after %+v the outage is followed as %q; want %q", change, got, want)
	}
}

func TestAMuteStandsBesideTheLevelAndTheLevelComesBack(t *testing.T) {
	steps := []struct {
		change models.NewFollow
		want   string
	}{
		{models.NewFollow{Level: "key"}, "key:no"},
		{models.NewFollow{Muted: "for_good"}, "key:for_good"},
		{models.NewFollow{Muted: "no"}, "key:no"},
		{models.NewFollow{Muted: "until_resolution"}, "key:until_resolution"},
		{models.NewFollow{Level: "all", Muted: "until_resolution"}, "all:until_resolution"},
		{models.NewFollow{Level: "resolution"}, "resolution:no"}, // to follow ends a mute
		{models.NewFollow{Level: "muted"}, "resolution:for_good"},
		{models.NewFollow{Level: "hushed"}, "resolution:until_resolution"},
		{models.NewFollow{Level: "resolution"}, "resolution:no"},
	}
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		reader := db.Reader()
		for _, step := range steps {
			follows(t, db, reader, step.change, step.want)
		}
	})
}

func TestAFollowerOfOnlyTheAppHasNoLevelBesideAMute(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		reader := db.Reader("app/messenger:all")
		for _, change := range []models.NewFollow{{Level: "muted"}, {Muted: "for_good"}} {
			follows(t, db, reader, change, ":for_good")
			follows(t, db, reader, models.NewFollow{Muted: "no"}, "")
		}
		follows(t, db, reader, models.NewFollow{Muted: "no"}, "") // there is nothing to end
		size, err := db.CountAudience(t.Context(), models.Draft{
			Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: "News", Apps: []string{"messenger"},
		})
		if err != nil || size != 1 {
			t.Errorf("audience = %d, %v; want the app's follower again", size, err)
		}
	})
}

func TestAFollowThatEndedEarlyCanBeTakenBackUntilItWouldHaveEnded(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		reader := db.Reader("outage/messages-down:key")
		db.Clock.Advance(time.Hour)
		db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertNone})
		topic := models.Topic{Kind: models.OutageTopic, Slug: "messages-down"}
		if err := db.Unfollow(t.Context(), reader, topic); err != nil {
			t.Fatal(err)
		}
		follows(t, db, reader, models.NewFollow{Level: "key"}, "key:no")
		db.Clock.Advance(day - time.Microsecond)
		ends(t, db, 0)
		db.Clock.Advance(time.Microsecond)
		ends(t, db, 1)
		if err := db.Follow(t.Context(), reader, models.NewFollow{Topic: topic.String(), Level: "key"}); !isInvalid("topic")(err) {
			t.Errorf("after its follows have ended: %v; want it refused", err)
		}
	})
}

// The levels 3 and 4 were mutes, for good and until the resolution.
func TestMigratedMutesHaveNoLevelAndAreLevelsAgainOnTheWayDown(t *testing.T) {
	const before = 5
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		readers := make([]models.Subscription, 5)
		for i := range readers {
			readers[i] = db.Reader()
		}
		paused := db.Reader()
		if err := db.MigrateDown(ctx, before); err != nil {
			t.Fatal(err)
		}
		for level, reader := range readers {
			db.Exec(`INSERT INTO follows (topic_id, subscription_id, level, created_at)
				SELECT id, ?, ?, ? FROM topics WHERE kind = 'outage'`, reader.ID, level, db.Now())
		}
		db.Exec("UPDATE subscriptions SET paused_until = ? WHERE id = ?", time.Unix(0, 0).UTC(), paused.ID)
		for range 2 {
			if _, err := db.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			for level, want := range []string{"all:no", "key:no", "resolution:no", ":for_good", ":until_resolution"} {
				stored, err := db.Follows(ctx, readers[level])
				if err != nil || len(stored) != 1 || stored[0].Level.String()+":"+stored[0].Muted.String() != want {
					t.Errorf("level %d is %+v, %v; want %s", level, stored, err, want)
				}
			}
			if sub, err := db.ChangeSubscription(ctx, paused, models.SubscriptionChange{}); err != nil || sub.PausedUntil != nil {
				t.Errorf("who resumed is paused until %v, %v", sub.PausedUntil, err)
			}
			if err := db.MigrateDown(ctx, before); err != nil {
				t.Fatal(err)
			}
		}
		for level, reader := range readers {
			db.Exec(`DELETE FROM follows WHERE subscription_id = ? AND level = ?`, reader.ID, level)
		}
		if n := db.Count("follows"); n != 0 {
			t.Errorf("%d follows have another level than before", n)
		}
	})
}

// A worker of an older release, which does not know mutes, must not send to readers who
// muted: its query of the old column fails.
func TestAnAudienceOfTheReleaseBeforeIsRefused(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		const before = "SELECT subscription_id FROM follows WHERE topic_id IN (?) AND %s <= ? AND subscription_id > ?"
		if err := db.TryExec(fmt.Sprintf(before, "level"), 1, 0, 0); err == nil {
			t.Error("it is answered")
		}
		if err := db.TryExec(fmt.Sprintf(before, "min_level"), 1, 0, 0); err != nil {
			t.Errorf("the test asks in the wrong way: %v", err)
		}
	})
}
