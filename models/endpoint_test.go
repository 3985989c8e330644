package models_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"

	"newsbell/models"
	"newsbell/models/endpoints"
	"newsbell/models/modelstest"
)

// spellings are of the same endpoints.
var spellings = map[string][]string{
	"https://fcm.googleapis.com/fcm/send/foo:APA91b-x_y": {
		"HTTPS://fcm.googleapis.com/fcm/send/foo:APA91b-x_y",
		"https://FCM.googleapis.com/fcm/send/foo:APA91b-x_y",
		"https://fcm.googleapis.com:443/fcm/send/foo:APA91b-x_y",
		"https://fcm.googleapis.com/fcm/send/foo:APA91b-x_y?",
		"https://fcm.googleapis.com/fcm/send/foo:APA91b-x_y?x=1",
		"https://fcm.googleapis.com/fcm/send/f%6fo:APA91b-x_y",
		"https://fcm.googleapis.com/fcm/send/f%6Fo%3AAPA91b-x_y",
		"https://fcm.googleapis.com//fcm/send//foo:APA91b-x_y",
		"https://fcm.googleapis.com/fcm/send/foo:APA91b-x_y/",
		"https://fcm.googleapis.com/fcm/send/foo:APA91b-x_y.",
		"https://fcm.googleapis.com/fcm/send/./foo:APA91b-x_y",
		"https://fcm.googleapis.com/fcm/x/%2e%2e/send/foo:APA91b-x_y",
	},
	"https://db3.notify.windows.com/w/?token=BQYA%2b%2f%3d": {
		"https://db3.notify.windows.com/w/?token=BQYA%2B%2F%3D",
		"https://db3.notify.windows.com/w?token=BQYA%2b%2f%3d",
		"https://db3.notify.windows.com/w/?token=BQY%41%2b%2f=",
		"https://db3.notify.windows.com/w/?x=1&token=BQYA%2b%2f%3d&",
	},
	"https://push.example.org/a%2fb/?c=%2b&d": {
		"https://push.example.org/%61%2Fb/?c=%2B&d",
		"https://push.example.org//a%2fb/?c=%2b&&d",
	},
}

func TestAnEndpointIsOneSubscriptionHoweverItIsSpelled(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		other := db.Reader()
		for endpoint, spellings := range spellings {
			browser := db.Browser()
			browser.Endpoint = endpoint
			sub, _ := db.ReaderWithSecret(browser)
			for _, spelling := range spellings {
				stranger := db.Browser()
				stranger.Endpoint = spelling
				_, err := db.Subscribe(t.Context(), models.NewSubscription{Browser: stranger, TimeZone: "UTC"})
				if !errors.Is(err, models.ErrConflict) {
					t.Errorf("%s with other keys: %v, want a conflict", spelling, err)
				}
				if _, err = db.ChangeSubscription(t.Context(), other, models.SubscriptionChange{Browser: &stranger}); !errors.Is(err, models.ErrConflict) {
					t.Errorf("a change to %s: %v, want a conflict", spelling, err)
				}
				browser.Endpoint = spelling
				if again, _ := db.ReaderWithSecret(browser); again.ID != sub.ID {
					t.Errorf("%s with the same keys is subscription %d, want %d", spelling, again.ID, sub.ID)
				}
			}
		}
		if rows, want := db.Count("subscriptions"), int64(len(spellings)+1); rows != want {
			t.Errorf("%d subscriptions, want %d", rows, want)
		}
	})
}

func TestOtherEndpointsStayOthers(t *testing.T) {
	db := modelstest.Open(t, modelstest.SQLite)
	endpoints := []string{
		"https://fcm.googleapis.com/fcm/send/a", "https://fcm.googleapis.com/fcm/send/A", "https://fcm.googleapis.com/fcm/send/a%2fb",
		"https://fcm.googleapis.com/fcm/send/a/b", "https://jmt17.google.com/fcm/send/a", "https://fcm.googleapis.com/fcm/send/a%256f",
		"https://web.push.apple.com/a", "https://db3.notify.windows.com/?token=a", "https://db3.notify.windows.com/?token=A",
		"https://db3.notify.windows.com/?token=a%2bb", "https://db3.notify.windows.com/?token=a%20b", "https://par.notify.windows.com/?token=a",
		"https://push.example.org/?a", "https://push.example.org/?a=", "https://push.example.org/a", "https://push.example.org/a?a",
	}
	for _, endpoint := range endpoints {
		browser := db.Browser()
		browser.Endpoint = endpoint
		db.ReaderWithSecret(browser)
	}
	if rows := db.Count("subscriptions"); rows != int64(len(endpoints)) {
		t.Errorf("%d subscriptions, want %d", rows, len(endpoints))
	}
}

// Where the database names push services, it names them as the program does,
// and what is sent is the browser's own path and query.
func TestEndpointIsStoredWithItsPushService(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		for given, want := range map[string]struct{ endpoint, service string }{
			"HTTPS://FCM.googleapis.com:443//fcm/send/%6f.":      {"https://fcm.googleapis.com//fcm/send/%6f.", "fcm.googleapis.com"},
			"https://db3.notify.windows.com?token=BQ%2bYA%2F%3d": {"https://db3.notify.windows.com/?token=BQ%2bYA%2F%3d", "db3.notify.windows.com"},
			"http://127.0.0.1:8030/push/a":                       {"http://127.0.0.1:8030/push/a", "127.0.0.1:8030"},
		} {
			browser := db.Browser()
			browser.Endpoint = given
			_, secret := db.ReaderWithSecret(browser)
			sub, err := db.SubscriptionBySecret(t.Context(), secret)
			if err != nil || sub.Endpoint != want.endpoint || sub.PushService != want.service || endpoints.PushService(given) != want.service {
				t.Errorf("%s is stored as %q of %q, %v; want %+v", given, sub.Endpoint, sub.PushService, err, want)
			}
		}
		origins, err := db.PushOrigins(t.Context())
		seen := map[string]bool{}
		for _, origin := range origins {
			seen[origin.String()] = true
		}
		if err != nil || len(origins) != 3 || !seen["https://fcm.googleapis.com"] || !seen["https://db3.notify.windows.com"] || !seen["http://127.0.0.1:8030"] {
			t.Errorf("origins = %v, %v", origins, err)
		}
	})
}

// Of a browser's rows the newest stays, and follows what the others followed;
// with other keys than the first one's it is no row of that browser.
func TestOldSpellingsOfAnEndpointBecomeOneSubscription(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.App("messenger")
		db.App("instagram")
		browser := db.Browser()
		rows := map[string]string{} // secrets by endpoint
		add := func(endpoint string, keys models.Browser, follows ...string) {
			keys.Endpoint = fmt.Sprintf("https://fcm.googleapis.com/fcm/send/%d", len(rows))
			_, rows[endpoint] = db.ReaderWithSecret(keys, follows...)
		}
		add("https://fcm.googleapis.com/fcm/send/a%6f", browser, "app/messenger:all", "app/instagram:key")
		add("https://fcm.googleapis.com/fcm/send/ao?", db.Browser())
		add("https://fcm.googleapis.com/fcm/send/ao", browser, "app/messenger:all")
		add("HTTPS://fcm.googleapis.com:443/fcm/send//ao", browser, "app/messenger:resolution")
		add("https://fcm.googleapis.com/fcm/send/ao.", db.Browser())
		add("https://FCM.googleapis.com/fcm/send/%62", db.Browser(), "app/messenger:all")
		add("https://fcm.googleapis.com/fcm/send/c", db.Browser(), "app/messenger:all")
		if err := db.MigrateDown(t.Context(), 9); err != nil {
			t.Fatal(err)
		}
		for endpoint, secret := range rows {
			hash, secretHash := sha256.Sum256([]byte(endpoint)), sha256.Sum256([]byte(secret))
			db.Exec("UPDATE subscriptions SET endpoint = ?, endpoint_hash = ? WHERE secret_hash = ?", endpoint, hash[:], secretHash[:])
		}

		store := again(t, db)
		if _, err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for endpoint, want := range map[string]struct{ endpoint, follows string }{
			"HTTPS://fcm.googleapis.com:443/fcm/send//ao": {"https://fcm.googleapis.com/fcm/send//ao", "[app/instagram:key app/messenger:resolution]"},
			"https://FCM.googleapis.com/fcm/send/%62":     {"https://fcm.googleapis.com/fcm/send/%62", "[app/messenger:all]"},
			"https://fcm.googleapis.com/fcm/send/c":       {"https://fcm.googleapis.com/fcm/send/c", "[app/messenger:all]"},
		} {
			sub, err := store.SubscriptionBySecret(t.Context(), rows[endpoint])
			if err != nil || sub.Endpoint != want.endpoint || sub.PushService != "fcm.googleapis.com" {
				t.Errorf("%s is %q of %q, %v; want %q", endpoint, sub.Endpoint, sub.PushService, err, want.endpoint)
			}
			follows, err := store.Follows(t.Context(), sub)
			var got []string
			for _, f := range follows {
				got = append(got, f.Topic.String()+":"+f.Level.String())
			}
			if slices.Sort(got); err != nil || fmt.Sprint(got) != want.follows {
				t.Errorf("%s follows %v, %v; want %s", endpoint, got, err, want.follows)
			}
		}
		if rows := db.Count("subscriptions"); rows != 3 {
			t.Errorf("%d subscriptions are left, want 3", rows)
		}
		same := db.Browser()
		same.Endpoint = "https://fcm.googleapis.com/fcm/send/b"
		if _, err := store.Subscribe(t.Context(), models.NewSubscription{Browser: same, TimeZone: "UTC"}); !errors.Is(err, models.ErrConflict) {
			t.Errorf("another spelling of a migrated endpoint: %v, want a conflict", err)
		}
	})
}
