package models_test

import (
	"crypto/rand"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
	"newsbell/models/preferences"
)

func TestTheAudienceFollowsTheLevels(t *testing.T) {
	const outage, app, other = "outage/messages-down", "app/messenger", "app/instagram"
	up := map[string]models.AppState{"messenger": models.Up}
	cases := []struct {
		name   string
		draft  models.Draft
		follow string
		admits bool
	}{
		{"all gets an ordinary alert", models.Draft{Alert: models.AlertAll}, outage + ":all", true},
		{"key does not get an ordinary alert", models.Draft{Alert: models.AlertAll}, outage + ":key", false},
		{"key gets a key moment", models.Draft{Alert: models.AlertKey}, outage + ":key", true},
		{"resolution does not get a key moment", models.Draft{Alert: models.AlertKey}, outage + ":resolution", false},
		{"resolution gets the resolution", models.Draft{Kind: models.Resolution}, outage + ":resolution", true},
		{"an update without alert is for no reader", models.Draft{Alert: models.AlertNone}, outage + ":all", false},
		{"an app's follower gets what names the app", models.Draft{Apps: []string{"messenger"}}, app + ":all", true},
		{"and not what names another", models.Draft{Apps: []string{"instagram"}}, app + ":all", false},
		{"to set a state is to name the app", models.Draft{States: map[string]models.AppState{"messenger": models.Failing}}, app + ":all", true},
		{"an app that is up again reaches its resolution level", models.Draft{States: up}, app + ":resolution", true},
		{"and no other app's", models.Draft{States: up, Apps: []string{"instagram"}}, other + ":resolution", false},
		{"nor the outage's", models.Draft{States: up}, outage + ":resolution", false},
		{"a muted outage is silent", models.Draft{Alert: models.AlertKey}, outage + ":muted", false},
		{"also when it is over", models.Draft{Kind: models.Resolution}, outage + ":muted", false},
		{"an outage muted until its resolution is silent", models.Draft{Alert: models.AlertKey}, outage + ":hushed", false},
		{"also when an app is up again", models.Draft{States: up}, outage + ":hushed", false},
		{"and when it is corrected", models.Draft{Kind: models.Correction, Alert: models.AlertKey}, outage + ":hushed", false},
		{"until it is over", models.Draft{Kind: models.Resolution}, outage + ":hushed", true},
		{"a mute is stronger than the level beside it", models.Draft{Alert: models.AlertKey}, outage + ":all:for_good", false},
		{"also when it is over", models.Draft{Kind: models.Resolution}, outage + ":all:for_good", false},
		{"and when it is corrected", models.Draft{Kind: models.Correction, Alert: models.AlertKey}, outage + ":all:for_good", false},
		{"a mute until the resolution too", models.Draft{Alert: models.AlertKey}, outage + ":all:until_resolution", false},
		{"until then", models.Draft{Kind: models.Resolution}, outage + ":all:until_resolution", true},
		{"without a level as well", models.Draft{Kind: models.Resolution}, outage + "::until_resolution", true},
	}
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger", "instagram")
		for _, c := range cases {
			reader, secret := db.ReaderWithSecret(db.Browser(), c.follow)
			c.draft.Outage, c.draft.Headline = "messages-down", "News"
			if c.draft.Kind == "" {
				c.draft.Kind = models.OrdinaryUpdate
			}
			if c.draft.Alert == "" {
				c.draft.Alert = models.AlertAll
			}
			size, err := db.CountAudience(t.Context(), c.draft)
			if err != nil || size != map[bool]int{true: 1}[c.admits] {
				t.Errorf("%s: audience = %d, %v", c.name, size, err)
			}
			if _, err := db.SubscriptionBySecret(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
			if err := db.Forget(t.Context(), reader); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestMutingAnOutageIsForFollowersOfItsAppsToo(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		reader := db.Reader("app/messenger:all")
		reaches := func(want int, drafts ...models.Draft) {
			t.Helper()
			for _, d := range drafts {
				d.Outage, d.Alert, d.Headline = "messages-down", models.AlertAll, "News"
				if size, err := db.CountAudience(t.Context(), d); err != nil || size != want {
					t.Errorf("audience of %+v = %d, %v; want %d", d, size, err, want)
				}
			}
		}
		ordinary := models.Draft{Kind: models.OrdinaryUpdate, Apps: []string{"messenger"}}
		up := models.Draft{Kind: models.OrdinaryUpdate, States: map[string]models.AppState{"messenger": models.Up}}
		over := models.Draft{Kind: models.Resolution, Apps: []string{"messenger"}}
		overElsewhere := models.Draft{Kind: models.Resolution}
		reaches(1, ordinary, up, over)
		reaches(0, overElsewhere)
		silence := func(level string) {
			t.Helper()
			if err := db.Follow(t.Context(), reader, models.NewFollow{Topic: "outage/messages-down", Level: level}); err != nil {
				t.Fatal(err)
			}
		}
		silence("muted") // as a client of an older release says it
		reaches(0, ordinary, up, over, overElsewhere)
		silence("hushed")
		reaches(0, ordinary, up)
		reaches(1, over, overElsewhere)
	})
}

// Whatever the follows and the update: the shards' pages have each reader of the audience
// once, and no other reader.
func TestThePagesOfAPlanAreTheAudienceEachReaderOnce(t *testing.T) {
	topics := []string{"outage/messages-down", "app/messenger", "app/instagram"}
	levels := []string{"all", "key", "resolution"}
	mutes := []string{"", "no", "until_resolution", "for_good"} // only of an outage
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger", "instagram")
		follows := map[int64]map[string]string{}
		random := rapid.Custom(func(t *rapid.T) map[string]string {
			chosen := map[string]string{}
			for _, topic := range topics {
				if rapid.Bool().Draw(t, "follows "+topic) {
					chosen[topic] = rapid.SampledFrom(levels).Draw(t, "level")
				}
			}
			if mute := rapid.SampledFrom(mutes).Draw(t, "muted"); mute != "" && mute != "no" || chosen[topics[0]] != "" {
				chosen[topics[0]] += ":" + mute
			}
			return chosen
		})
		for i := range 60 {
			chosen := random.Example(i)
			var pairs []string
			for topic, level := range chosen {
				pairs = append(pairs, topic+":"+level)
			}
			follows[db.Reader(pairs...).ID] = chosen
		}
		for _, draft := range []models.Draft{
			{Alert: models.AlertAll, Apps: []string{"messenger"}},
			{Alert: models.AlertKey, Apps: []string{"instagram"}, States: map[string]models.AppState{"messenger": models.Up}},
			{Alert: models.AlertKey, Kind: models.Resolution, Apps: []string{"messenger", "instagram"}},
			{Alert: models.AlertAll, Kind: models.Correction, States: map[string]models.AppState{"instagram": models.Up}},
		} {
			draft.Outage = "messages-down"
			var want []int64
			for id, chosen := range follows {
				if expected(chosen, draft) {
					want = append(want, id)
				}
			}
			slices.Sort(want)
			if got := pagesOf(t, db, db.PublishNow(draft).Alert.ID); !slices.Equal(got, want) {
				t.Errorf("%+v: audience = %v; want %v", draft, got, want)
			}
		}
	})
}

// expected is the rule of the audience, written once more.
func expected(chosen map[string]string, d models.Draft) bool {
	_, mute, _ := strings.Cut(chosen["outage/"+d.Outage], ":")
	switch mute {
	case "for_good":
		return false
	case "until_resolution":
		return d.Kind == models.Resolution
	}
	admits := func(topic string, reach ...string) bool {
		level, _, _ := strings.Cut(chosen[topic], ":")
		return slices.Contains(reach, level)
	}
	reach := []string{"all"}
	if d.Alert == models.AlertKey {
		reach = []string{"all", "key"}
	}
	if d.Kind == models.Resolution {
		reach = []string{"all", "key", "resolution"}
	}
	for _, app := range d.Apps {
		if admits("app/"+app, reach...) {
			return true
		}
	}
	for app := range d.States {
		if admits("app/"+app, "all", "key", "resolution") {
			return true
		}
	}
	return admits("outage/"+d.Outage, reach...)
}

// pagesOf delivers every shard of an alert, and returns the readers.
func pagesOf(t *testing.T, db *modelstest.DB, alertID int64) (readers []int64) {
	t.Helper()
	for _, claim := range claimAll(t, db, alertID) {
		for _, p := range deliver(t, db, claim, ledger.Accepted) {
			readers = append(readers, p.readers...)
		}
	}
	return readers
}

func TestPausedReadersAreSkippedAndThePagesStillCoverTheShard(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		var awake []int64
		for i := range 6 {
			reader := db.Reader("outage/messages-down:all")
			until := modelstest.Start // a pause that has ended
			if i%2 == 0 {
				until = modelstest.Start.AddDate(0, 0, 1)
			} else {
				awake = append(awake, reader.ID)
			}
			if _, err := db.ChangeSubscription(t.Context(), reader, models.SubscriptionChange{PausedUntil: &until}); err != nil {
				t.Fatal(err)
			}
		}
		got := pagesOf(t, db, db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID)
		if !slices.Equal(got, awake) {
			t.Errorf("pages have %v; want %v", got, awake)
		}
	})
}

func TestTheAudienceIsCountedByLevelPushServiceAndWhoIsToldLater(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		apple := db.Browser()
		apple.Endpoint = "https://web.push.apple.com/" + rand.Text()
		db.ReaderWithSecret(apple, "outage/messages-down:all", "app/messenger:key")
		db.Reader("outage/messages-down:resolution", "app/messenger:key")
		db.Reader("app/messenger:resolution")
		one := 1
		capped := change(t, db, db.Reader("outage/messages-down:key"), models.SubscriptionChange{HourlyCap: &one})
		change(t, db, db.Reader("outage/messages-down:key"), models.SubscriptionChange{HourlyCap: &one})
		quiet := quietReader(t, db, "outage/messages-down:all")
		gone := db.Reader("outage/messages-down:all")
		db.Exec("UPDATE subscriptions SET gone_at = ? WHERE id = ?", db.Now(), gone.ID)
		db.Exec("UPDATE subscriptions SET recent = ? WHERE id = ?", []byte(preferences.RecentAlerts{}.Add(db.Now().Add(-time.Minute), 1)), capped.ID)

		draft := models.Draft{Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertKey, Apps: []string{"messenger"}}
		got, err := db.MeasureAudience(t.Context(), draft) // without words
		if err != nil {
			t.Fatal(err)
		}
		want := models.AudienceCounts{
			Readers: 5, Levels: map[models.Level]int{models.LevelAll: 2, models.LevelKey: 3},
			PushServices: map[string]int{"*.push.apple.com": 1, "fcm.googleapis.com": 4}, InQuietHours: 1, OverCap: 1,
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("a key moment: %+v; want %+v", got, want)
		}
		draft.Kind = models.Resolution
		got, err = db.MeasureAudience(t.Context(), draft)
		if err != nil || got.Readers != 6 || got.Levels[models.LevelResolution] != 1 {
			t.Errorf("a resolution: %+v, %v; want 6 readers, one of the resolution alone", got, err)
		}
		if err := db.Follow(t.Context(), quiet, models.NewFollow{Topic: "outage/messages-down", Level: "hushed"}); err != nil {
			t.Fatal(err)
		}
		draft.Kind = models.OrdinaryUpdate
		if got, err = db.MeasureAudience(t.Context(), draft); err != nil || got.Readers != 4 || got.InQuietHours != 0 {
			t.Errorf("after a mute: %+v, %v; want 4 readers", got, err)
		}
		if size, err := db.CountAudience(t.Context(), withHeadline(draft)); err != nil || size != 4 {
			t.Errorf("CountAudience = %d, %v; want the same", size, err)
		}
		draft.Alert = models.AlertNone
		if got, err = db.MeasureAudience(t.Context(), draft); err != nil || got.Readers != 0 {
			t.Errorf("without an alert: %+v, %v", got, err)
		}
		draft.Alert = "everybody"
		if _, err = db.MeasureAudience(t.Context(), draft); !isInvalid("alert")(err) {
			t.Errorf("an unknown level: %v", err)
		}
	})
}

func withHeadline(d models.Draft) models.Draft {
	d.Headline = "News"
	return d
}
