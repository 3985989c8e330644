package models_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

// takesPart links a person's new browser, which follows a drill.
func takesPart(t *testing.T, db *modelstest.DB, person models.Person, drill string, follows ...string) (models.Subscription, models.LinkedBrowser) {
	t.Helper()
	browser, linked := linkedBrowser(t, db, person, follows...)
	if err := db.FollowDrill(t.Context(), person, drill, linked.ID); err != nil {
		t.Fatal(err)
	}
	return browser, linked
}

// linkedBrowser links a new browser to a person.
func linkedBrowser(t *testing.T, db *modelstest.DB, person models.Person, follows ...string) (models.Subscription, models.LinkedBrowser) {
	t.Helper()
	browser, secret := db.ReaderWithSecret(db.Browser(), follows...)
	linked, err := db.LinkBrowser(t.Context(), person, secret, "Firefox on Linux")
	if err != nil {
		t.Fatal(err)
	}
	return browser, linked
}

// sendDrill publishes an update of a drill, delivers its alert and returns its readers.
func sendDrill(t *testing.T, db *modelstest.DB, d models.Draft) []int64 {
	t.Helper()
	d.OutageKind = models.Drill
	return pagesOf(t, db, db.PublishNow(d).Alert.ID)
}

// Whatever readers follow and mute, whichever editors link browsers and follow other drills, and
// whatever the drill says: its alert is for the browsers of editors that follow it, and for no
// other. That holds even if a topic of the drill, follows of it, topics of its alerts and
// deferred alerts of it are forged.
func TestADrillCannotReachAReader(t *testing.T) {
	const drill = "practice"
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		modelstest.FewerChecks(t, 8)
		db.Outage("messages-down", "messenger", "instagram")
		practice := db.Drill(drill, "messenger", "instagram")
		want := drillAmongReaders(t, db, practice)
		rapid.Check(t, func(rt *rapid.T) {
			d := drillDrafts(drill).Draw(rt, "draft")
			if size, err := db.CountAudience(t.Context(), d); err != nil || size != len(want) {
				rt.Errorf("audience of %d, %v; want %d", size, err, len(want))
			}
			alert := db.PublishDraft(d).Alert.ID
			db.Exec("INSERT INTO alert_topics (alert_id, topic_id, reach) SELECT ?, id, 2 FROM topics", alert)
			db.PlanAll(alert)
			if got := pagesOf(t, db, alert); !slices.Equal(got, want) {
				rt.Errorf("sent to %v; want %v", got, want)
			}
			if err := db.OpenCatchUps(t.Context()); err != nil || db.Count("alerts WHERE catch_up_until IS NOT NULL") != 0 {
				rt.Errorf("a catch-up of a drill, %v", err)
			}
		})
	})
}

// drillDrafts makes drafts of every kind and level, which set any states.
func drillDrafts(drill string) *rapid.Generator[models.Draft] {
	apps := []string{"messenger", "instagram"}
	return rapid.Custom(func(t *rapid.T) models.Draft {
		d := models.Draft{
			Outage: drill, OutageKind: models.Drill, Headline: "Practice", Again: true,
			Kind:  rapid.SampledFrom([]models.UpdateKind{models.OrdinaryUpdate, models.Correction}).Draw(t, "kind"),
			Alert: rapid.SampledFrom([]models.AlertLevel{models.AlertAll, models.AlertKey}).Draw(t, "alert"),
			Apps:  rapid.SliceOfDistinct(rapid.SampledFrom(apps), rapid.ID).Draw(t, "apps"), States: map[string]models.AppState{},
		}
		for _, app := range apps {
			if rapid.Bool().Draw(t, "sets "+app) {
				d.States[app] = rapid.SampledFrom([]models.AppState{models.Up, models.Failing, models.Recovering}).Draw(t, "state")
			}
		}
		return d
	})
}

// drillAmongReaders makes readers and linked browsers of all sorts, and returns those that get
// the alerts of a drill.
func drillAmongReaders(t *testing.T, db *modelstest.DB, drill models.Outage) (editors []int64) {
	t.Helper()
	db.Drill("another-practice", "messenger")
	db.Exec("INSERT INTO topics (kind, slug) VALUES ('outage', ?)", drill.Slug)
	topics, levels := []string{"outage/messages-down", "app/messenger", "app/instagram"}, []string{"all", "key", "resolution"}
	follows := rapid.Custom(func(t *rapid.T) (pairs []string) {
		for _, topic := range topics {
			if rapid.Bool().Draw(t, topic) {
				pairs = append(pairs, topic+":"+rapid.SampledFrom(levels).Draw(t, "level"))
			}
		}
		if mute := rapid.SampledFrom([]string{"", "until_resolution", "for_good"}).Draw(t, "mute"); mute != "" {
			pairs = append(slices.DeleteFunc(pairs, func(p string) bool { return p[:6] == "outage" }), topics[0]+"::"+mute)
		}
		return pairs
	})
	editor, other, former := db.Person(ada, models.RoleEditor), db.Person(bob, models.RoleChief), db.Person("former@news.example", models.RoleEditor)
	for i := range 24 {
		var reader models.Subscription
		switch i % 8 {
		case 0:
			reader, _ = takesPart(t, db, editor, drill.Slug, follows.Example(i)...)
			editors = append(editors, reader.ID)
		case 1:
			reader, _ = takesPart(t, db, other, "another-practice", follows.Example(i)...)
		case 2:
			reader, _ = linkedBrowser(t, db, editor, follows.Example(i)...)
		case 3:
			reader, _ = takesPart(t, db, former, drill.Slug, follows.Example(i)...)
		default:
			reader = db.Reader(follows.Example(i)...)
		}
		db.Exec(`INSERT INTO follows (topic_id, subscription_id, min_level, muted, created_at)
			SELECT id, ?, ?, 0, ? FROM topics WHERE slug = ?`, reader.ID, i%2, db.Now(), drill.Slug)
	}
	db.Exec("UPDATE people SET role = 'viewer' WHERE id = ?", former.ID)
	return editors
}

func TestADrillIsForPeopleWhoAreEditorsNow(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.App("messenger")
		drill := db.Drill("practice", "messenger")
		editor, other := db.Person(ada, models.RoleEditor), db.Person(bob, models.RoleEditor)
		browser, linked := takesPart(t, db, editor, "practice")
		sends := func(want ...int64) {
			t.Helper()
			if got := sendDrill(t, db, models.Draft{Outage: "practice"}); !slices.Equal(got, want) {
				t.Errorf("sent to %v; want %v", got, want)
			}
		}
		sends(browser.ID)
		browsers, err := db.DrillBrowsers(ctx, drill)
		if err != nil || len(browsers) != 1 || browsers[0].PersonID != editor.ID || browsers[0].Owner != editor.Name || browsers[0].Name != "Firefox on Linux" || browsers[0].IsSilent {
			t.Errorf("browsers = %+v, %v", browsers, err)
		}
		forever := db.Now().Add(24 * time.Hour)
		change(t, db, browser, models.SubscriptionChange{PausedUntil: &forever})
		if browsers, err := db.DrillBrowsers(ctx, drill); err != nil || !browsers[0].IsSilent {
			t.Errorf("a paused browser: %+v, %v", browsers, err)
		}
		sends()
		now := db.Now()
		change(t, db, browser, models.SubscriptionChange{PausedUntil: &now})
		desk, err := db.Desk(ctx, models.Drill, 10)
		if err != nil || len(desk) != 1 || desk[0].Followers != 1 || desk[0].LastAlertAt == nil {
			t.Errorf("desk = %+v, %v", desk, err)
		}
		db.Exec("UPDATE people SET role = 'viewer' WHERE id = ?", editor.ID)
		sends()
		if err := db.FollowDrill(ctx, editor, "practice", linked.ID); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("a viewer follows a drill: %v", err)
		}
		db.Exec("UPDATE people SET role = 'editor' WHERE id = ?", editor.ID)
		sends(browser.ID)
		for _, change := range []func(context.Context, models.Person, string, int64) error{db.FollowDrill, db.UnfollowDrill} {
			if err := change(ctx, other, "practice", linked.ID); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("somebody else's browser: %v", err)
			}
		}
		if err := db.UnfollowDrill(ctx, editor, "practice", linked.ID); err != nil {
			t.Fatal(err)
		}
		sends()
		takesPart(t, db, editor, "practice")
		db.Exec("UPDATE people SET removed_at = ? WHERE id = ?", db.Now(), editor.ID)
		sends()
	})
}

func TestADrillLeavesTheAppsItNamesAsTheyAre(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		editor := db.Person(ada, models.RoleEditor)
		db.App("messenger")
		state := func(want models.AppState, after string) {
			t.Helper()
			if app, err := db.Store.App(t.Context(), "messenger"); err != nil || app.State != want {
				t.Errorf("after %s Messenger is %s, %v; want %s", after, app.State, err, want)
			}
		}
		db.Drill("practice", "messenger")
		takesPart(t, db, editor, "practice")
		state(models.Up, "a drill is opened")
		update := db.PublishNow(models.Draft{Outage: "practice", OutageKind: models.Drill, States: map[string]models.AppState{"messenger": models.Failing}}).Update
		state(models.Up, "an update of a drill")
		if set := update.Apps[0].State; set == nil || *set != models.Failing {
			t.Errorf("the update sets %v; want what it would have set", set)
		}
		db.Outage("messages-down", "instagram")
		db.PublishNow(models.Draft{Outage: "messages-down", States: map[string]models.AppState{"messenger": models.Failing}})
		db.PublishNow(models.Draft{Outage: "practice", OutageKind: models.Drill, Kind: models.Resolution})
		state(models.Failing, "the end of a drill")
		db.Drill("more-practice", "messenger")
		db.PublishNow(models.Draft{Outage: "messages-down", Kind: models.Resolution})
		state(models.Up, "the end of the outage, during a drill")
	})
}

func TestADrillAndAnOutageAreNeverMistakenForEachOther(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		writer := signedIn(t, db, ada)
		db.Outage("messages-down", "messenger")
		db.Drill("practice", "messenger")
		for slug, kind := range map[string]models.OutageKind{"messages-down": models.Drill, "practice": models.OrdinaryOutage} {
			d := models.Draft{Outage: slug, OutageKind: kind, Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: "News"}
			if _, err := db.Publish(ctx, d); !errors.Is(err, models.ErrOtherKind) || !errors.Is(err, models.ErrConflict) {
				t.Errorf("publish in %s: %v", slug, err)
			}
			if _, err := db.MeasureAudience(ctx, d); !errors.Is(err, models.ErrOtherKind) {
				t.Errorf("measured in %s: %v", slug, err)
			}
			if _, err := db.CountAudience(ctx, d); !errors.Is(err, models.ErrOtherKind) {
				t.Errorf("audience in %s: %v", slug, err)
			}
			if _, err := db.SaveDraft(ctx, writer, d, models.DraftVersion{}); !errors.Is(err, models.ErrOtherKind) {
				t.Errorf("save in %s: %v", slug, err)
			}
		}
		_, linked := linkedBrowser(t, db, *writer.Person)
		if err := db.FollowDrill(ctx, *writer.Person, "messages-down", linked.ID); !errors.Is(err, models.ErrOtherKind) {
			t.Errorf("an outage was followed like a drill: %v", err)
		}
		if updates, alerts := db.Count("updates"), db.Count("alerts"); updates != 0 || alerts != 0 {
			t.Errorf("%d updates and %d alerts; want none", updates, alerts)
		}
		if _, err := db.CreateOutage(ctx, models.NewOutage{Kind: "joke", Slug: "joke", Headline: "Joke", Apps: []string{"messenger"}}); !isInvalid("kind")(err) {
			t.Errorf("another kind: %v", err)
		}
	})
}

func TestReadersNeverSeeADrill(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		editor := db.Person(ada, models.RoleEditor)
		app := db.App("messenger")
		db.Drill("practice", "messenger")
		browser, _ := takesPart(t, db, editor, "practice")
		sendDrill(t, db, models.Draft{Outage: "practice", Apps: []string{"messenger"}, Headline: "Secret practice"})
		if _, err := db.Store.Outage(ctx, "practice"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("found: %v", err)
		}
		none := func(what string, found int, err error) {
			t.Helper()
			if err != nil || found != 0 {
				t.Errorf("%d %s, %v; want none", found, what, err)
			}
		}
		outages, err := db.Outages(ctx, 10)
		none("outages", len(outages), err)
		outages, err = db.SearchOutages(ctx, "practice", 10)
		none("outages found", len(outages), err)
		outages, err = db.OutagesOfApp(ctx, app, 10)
		none("outages of the app", len(outages), err)
		updates, err := db.UpdatesOfApp(ctx, app, 10)
		none("updates of the app", len(updates), err)
		alerts, err := db.LastAlerts(ctx, browser, 10)
		none("last alerts", len(alerts), err)
		if data, err := db.SubscriptionData(ctx, browser); err != nil || len(data.Alerts) != 1 || len(data.Drills) != 1 || data.Drills[0].Drill != "practice" {
			t.Errorf("the browser's data is %+v, %v; want all of it", data, err)
		}
		if err := db.Follow(ctx, browser, models.NewFollow{Topic: "outage/practice", Level: "all"}); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("followed: %v", err)
		}
		if _, err := db.Subscribe(ctx, imported(db.Browser(), "outage/practice:all")); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("subscribed: %v", err)
		}
	})
}

func TestADrillIsSentInQuietHours(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		editor := db.Person(ada, models.RoleEditor)
		db.App("messenger")
		db.Drill("practice", "messenger")
		browser, _ := takesPart(t, db, editor, "practice")
		change(t, db, browser, models.SubscriptionChange{SetQuietHours: true, QuietHours: &quietHours})
		if got := sendDrill(t, db, models.Draft{Outage: "practice"}); !slices.Equal(got, []int64{browser.ID}) || db.Count("catch_ups") != 0 {
			t.Errorf("sent to %v, with %d catch-ups; want %v", got, db.Count("catch_ups"), browser.ID)
		}
		draft := models.Draft{Outage: "practice", OutageKind: models.Drill, Kind: models.OrdinaryUpdate, Alert: models.AlertAll}
		if n, err := db.MeasureAudience(t.Context(), draft); err != nil || n.Readers != 1 || n.InQuietHours != 0 || n.Levels[models.LevelAll] != 1 || len(n.PushServices) != 1 {
			t.Errorf("audience = %+v, %v; want one reader who is not in quiet hours", n, err)
		}
	})
}

func TestABrowserThatIsForgottenOrUnlinkedLeavesItsDrills(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		editor := db.Person(ada, models.RoleEditor)
		db.App("messenger")
		db.Drill("practice", "messenger")
		browser, _ := takesPart(t, db, editor, "practice")
		_, linked := takesPart(t, db, editor, "practice")
		if err := db.Forget(ctx, browser); err != nil {
			t.Fatal(err)
		}
		if rows := db.Count("drill_follows"); rows != 1 {
			t.Errorf("%d browsers follow the drill; want one without the forgotten", rows)
		}
		if err := db.UnlinkBrowser(ctx, editor, linked.ID); err != nil {
			t.Fatal(err)
		}
		if rows := db.Count("drill_follows"); rows != 0 {
			t.Errorf("%d browsers follow the drill; want none", rows)
		}
	})
}

func TestTheEndOfADrillDoesNotKeepTheFollowsOfOutages(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.App("messenger")
		db.Drill("practice", "messenger")
		db.Outage("messages-down", "instagram")
		db.Reader("outage/messages-down:all")
		db.PublishDraft(models.Draft{Outage: "practice", OutageKind: models.Drill, Kind: models.Resolution, Alert: models.AlertNone})
		db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution, Alert: models.AlertNone})
		db.Clock.Advance(day)
		ends(t, db, 1)
	})
}

func TestANotificationOfADrillSaysSo(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.App("messenger")
		db.Drill("practice", "messenger")
		published := db.PublishDraft(models.Draft{Outage: "practice", OutageKind: models.Drill, Kind: models.Resolution, Headline: "It is back"})
		alert, err := db.Alert(t.Context(), published.Alert.ID)
		if err != nil {
			t.Fatal(err)
		}
		n := models.Notifications{BaseURL: "https://news.example", Lang: "en"}.Of(alert, "receipt")
		modelstest.Check(t, "the notification", modelstest.Facts{
			"title":   {n.Title, "DRILL: It is back"},
			"tag":     {n.Tag, "drill/practice"},
			"page":    {n.Data.URL[:len("https://news.example/editor/outages/practice#")], "https://news.example/editor/outages/practice#"},
			"buttons": {len(n.Actions), 1},
		})
		title, _ := models.Notifications{}.Preview(alert.Outage, models.Draft{Headline: "It is back"})
		if title != n.Title {
			t.Errorf("the preview says %q", title)
		}
	})
}

// Migration 27 makes drills, which releases before it would show to everybody.
func TestMigratingDownDeletesDrillsAndKeepsOutages(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		writer := signedIn(t, db, ada)
		db.Outage("messages-down", "messenger")
		db.Drill("practice", "messenger")
		takesPart(t, db, *writer.Person, "practice", "outage/messages-down:all")
		db.PublishNow(models.Draft{Outage: "messages-down"})
		mistake := sentDrill(t, db)
		db.PublishNow(models.Draft{Outage: "practice", OutageKind: models.Drill, Kind: models.Correction, Corrects: mistake})
		saved, err := db.SaveDraft(ctx, writer, models.Draft{Outage: "practice", OutageKind: models.Drill, Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: "More"}, models.DraftVersion{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.AskForApproval(ctx, writer, "practice", saved.At()); err != nil {
			t.Fatal(err)
		}
		if err := db.MigrateDown(ctx, 24); err != nil {
			t.Fatal(err)
		}
		store := again(t, db)
		if _, err := store.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		for table, want := range map[string]int64{"outages": 1, "updates": 1, "alerts": 1, "drill_follows": 0, "drafts": 0, "approvals": 0, "linked_browsers": 1} {
			if rows := db.Count(table); rows != want {
				t.Errorf("%d %s; want %d", rows, table, want)
			}
		}
		if outage, err := store.Outage(ctx, "messages-down"); err != nil || outage.Kind != models.OrdinaryOutage {
			t.Errorf("outage = %+v, %v", outage, err)
		}
	})
}

// sentDrill sends an update of the drill "practice" and returns its ID.
func sentDrill(t *testing.T, db *modelstest.DB) int64 {
	t.Helper()
	published := db.PublishNow(models.Draft{Outage: "practice", OutageKind: models.Drill})
	for _, claim := range claimAll(t, db, published.Alert.ID) {
		deliver(t, db, claim, ledger.Accepted)
	}
	return published.Update.ID
}
