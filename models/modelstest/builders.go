package modelstest

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"newsbell/models"
)

// VAPIDKey makes sure that there is a current key.
func (db *DB) VAPIDKey() models.VAPIDKey {
	db.t.Helper()
	ctx := context.Background()
	if key, err := db.CurrentVAPIDKey(ctx); err == nil {
		return key
	}
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	must(db, err)
	key, err := db.AddVAPIDKey(ctx, encode(private.PublicKey().Bytes()), encode(private.Bytes()))
	must(db, err)
	return key
}

// App makes an app.
func (db *DB) App(slug string) models.App {
	db.t.Helper()
	app, err := db.CreateApp(context.Background(), models.NewApp{Slug: slug, Name: slug, Actor: "test"})
	must(db, err)
	return app
}

// Outage opens an outage of apps, which it makes.
func (db *DB) Outage(slug string, apps ...string) models.Outage {
	db.t.Helper()
	for _, app := range apps {
		db.App(app)
	}
	outage, err := db.CreateOutage(context.Background(), models.NewOutage{Slug: slug, Headline: slug + " is down", Apps: apps, Actor: "test"})
	must(db, err)
	return outage
}

// Drill opens a drill that names apps, which exist.
func (db *DB) Drill(slug string, apps ...string) models.Outage {
	db.t.Helper()
	drill, err := db.CreateOutage(context.Background(), models.NewOutage{
		Kind: models.Drill, Slug: slug, Headline: slug + " is practice", Apps: apps, Actor: "test",
	})
	must(db, err)
	return drill
}

// Browser makes a browser's endpoint and keys.
func (db *DB) Browser() models.Browser {
	db.t.Helper()
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	must(db, err)
	auth := make([]byte, 16)
	rand.Read(auth)
	return models.Browser{
		Endpoint: "https://fcm.googleapis.com/fcm/send/" + rand.Text(),
		P256DH:   encode(private.PublicKey().Bytes()),
		Auth:     encode(auth),
	}
}

// Reader subscribes a new browser that follows "topic:level" pairs, such as
// "outage/messenger:all".
func (db *DB) Reader(follows ...string) models.Subscription {
	db.t.Helper()
	sub, _ := db.ReaderWithSecret(db.Browser(), follows...)
	return sub
}

// ReaderWithSecret subscribes a browser and returns the secret too.
func (db *DB) ReaderWithSecret(browser models.Browser, follows ...string) (models.Subscription, string) {
	db.t.Helper()
	db.VAPIDKey()
	sub, err := db.Subscribe(context.Background(), models.NewSubscription{
		Browser: browser, Follows: ParseFollows(follows...), TimeZone: "Europe/London",
	})
	must(db, err)
	return sub.Subscription, sub.Secret
}

// ParseFollows reads "topic:level" pairs, or "topic:level:muted".
func ParseFollows(follows ...string) []models.NewFollow {
	parsed := make([]models.NewFollow, len(follows))
	for i, follow := range follows {
		topic, level, _ := strings.Cut(follow, ":")
		level, muted, _ := strings.Cut(level, ":")
		parsed[i] = models.NewFollow{Topic: topic, Level: level, Muted: muted}
	}
	return parsed
}

// PublishNow publishes a draft without an undo window and plans its alert, if
// it has one.
func (db *DB) PublishNow(d models.Draft) models.Publication {
	db.t.Helper()
	published := db.PublishDraft(d)
	if published.Alert != nil {
		db.PlanAll(published.Alert.ID)
	}
	return published
}

// PlanAll plans an alert to the end.
func (db *DB) PlanAll(alertID int64) {
	db.t.Helper()
	for done := false; !done; {
		var err error
		_, done, err = db.Plan(context.Background(), alertID)
		must(db, err)
	}
}

// PublishDraft publishes a draft without an undo window; kind, alert and
// headline have defaults.
func (db *DB) PublishDraft(d models.Draft) models.Publication {
	db.t.Helper()
	none := time.Duration(0)
	d.UndoWindow, d.Again, d.Actor = &none, true, "test"
	if d.Kind == "" {
		d.Kind = models.OrdinaryUpdate
	}
	if d.Alert == "" {
		d.Alert = models.AlertAll
	}
	if d.Headline == "" {
		d.Headline = fmt.Sprintf("%s of %s", d.Kind, d.Outage)
	}
	published, err := db.Publish(context.Background(), d)
	must(db, err)
	return published
}

// CountAudience counts the readers that a draft's alert would be for now.
func (db *DB) CountAudience(ctx context.Context, d models.Draft) (int, error) {
	counts, err := db.MeasureAudience(ctx, d)
	return counts.Readers, err
}

func must(db *DB, err error) {
	db.t.Helper()
	if err != nil {
		db.t.Fatal(err)
	}
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
