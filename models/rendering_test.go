package models_test

import (
	"testing"

	"newsbell/models"
	"newsbell/models/database"
	"newsbell/models/modelstest"
	"newsbell/models/preferences"
)

const (
	source   = "AT&amp;T **confirms**."
	asHTML   = "<p>AT&amp;T <strong>confirms</strong>.</p>\n"
	asText   = "AT&T confirms."
	rendered = `UPDATE updates SET body_html = '<p>stored</p>', body_text = 'stored'`
	byOlder  = `UPDATE updates SET body_html = '', body_text = '', renderer = 0`
)

func TestABodyIsRenderedOnceWhenItIsPublished(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		outage := db.Outage("messages-down", "messenger")
		published := db.PublishNow(models.Draft{Outage: "messages-down", Body: source})
		wantsBody(t, db, outage, asHTML, asText)
		db.Exec(rendered)
		wantsBody(t, db, outage, "<p>stored</p>", "stored")
		if alert, err := db.Alert(t.Context(), published.Alert.ID); err != nil || alert.Update.BodyText != "stored" {
			t.Errorf("the alert says %q, %v; want what is stored", alert.Update.BodyText, err)
		}
	})
}

// A program of the version before knows nothing of the columns.
func TestWhatAnOlderProgramPublishesIsRenderedWhenItIsRead(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		outage := db.Outage("messages-down", "messenger")
		db.Reader("outage/messages-down:all")
		published := db.PublishNow(models.Draft{Outage: "messages-down", Body: source})
		db.Exec(byOlder)
		if claim, err := db.Claim(t.Context(), 1); err != nil || claim.Alert.Update.BodyText != asText {
			t.Errorf("the alert would say %+v, %v; want %q", claim, err, asText)
		}
		wantsBody(t, db, outage, asHTML, asText)
		db.Exec(rendered) // only what is not rendered is rendered
		wantsBody(t, db, outage, "<p>stored</p>", "stored")
		if alert, err := db.Alert(t.Context(), published.Alert.ID); err != nil || alert.Update.BodyText != "stored" {
			t.Errorf("the alert says %q, %v", alert.Update.BodyText, err)
		}
	})
}

func TestTheMigrationRendersStoredUpdatesAndRepairsTimesThatCannotBeRead(t *testing.T) {
	const badPause = "10000-01-01 11:59:59+00:00"
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		outage := db.Outage("messages-down", "messenger")
		db.PublishNow(models.Draft{Outage: "messages-down", Body: source})
		_, secret := db.ReaderWithSecret(db.Browser())
		if err := db.MigrateTo(t.Context(), 8); err != nil {
			t.Fatal(err)
		}
		db.Exec("UPDATE outages SET began_at = " + badTime(db))
		db.Exec("UPDATE subscriptions SET paused_until = ?", badPause)
		for range 2 {
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantsBody(t, db, outage, asHTML, asText)
			if found, err := db.Store.Outage(t.Context(), outage.Slug); err != nil || !found.BeganAt.Equal(outage.CreatedAt) {
				t.Errorf("it began at %v, %v; want %v, when it was opened", found.BeganAt, err, outage.CreatedAt)
			}
			sub, err := db.SubscriptionBySecret(t.Context(), secret)
			if err != nil || sub.PausedUntil == nil || !sub.PausedUntil.Equal(preferences.Always) {
				t.Errorf("paused until %v, %v; want always", sub.PausedUntil, err)
			}
			if err := db.MigrateTo(t.Context(), 8); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// badTime is a time of a client that no program can read, as each database keeps it.
func badTime(db *modelstest.DB) string {
	if database.IsPostgres(db.URL) {
		return "'0001-12-31 10:00:00+00 BC'"
	}
	return "'-001-12-31 10:00:00+00:00'"
}

func wantsBody(t *testing.T, db *modelstest.DB, outage models.Outage, html, text string) {
	t.Helper()
	updates, err := db.Updates(t.Context(), outage)
	if err != nil || len(updates) != 1 || updates[0].BodyHTML != html || updates[0].BodyText != text {
		t.Errorf("updates = %+v, %v; want one of %q and %q", updates, err, html, text)
	}
}
