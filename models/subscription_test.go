package models_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestASecretAloneAddressesASubscription(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		sub, secret := db.ReaderWithSecret(db.Browser(), "outage/messages-down:key")
		found, err := db.SubscriptionBySecret(t.Context(), secret)
		if err != nil || found.ID != sub.ID {
			t.Fatalf("found %+v, %v", found, err)
		}
		if strings.Contains(string(found.SecretHash), secret) {
			t.Error("the secret is stored")
		}
		follows, err := db.Follows(t.Context(), found)
		if err != nil || len(follows) != 1 {
			t.Fatalf("follows = %+v, %v; want one", follows, err)
		}
		modelstest.Check(t, "the follow", modelstest.Facts{
			"topic": {follows[0].Topic.String(), "outage/messages-down"},
			"level": {follows[0].Level, models.LevelKey},
		})
		if _, err := db.SubscriptionBySecret(t.Context(), secret+"x"); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("a wrong secret: %v; want unauthorized", err)
		}
	})
}

func TestABrowserThatLostItsSecretBeginsAnew(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		browser := db.Browser()
		first, old := db.ReaderWithSecret(browser, "outage/messages-down:all")
		second, secret := db.ReaderWithSecret(browser, "app/messenger:key")
		if first.ID != second.ID {
			t.Errorf("one browser has two rows, %d and %d", first.ID, second.ID)
		}
		if _, err := db.SubscriptionBySecret(t.Context(), old); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("the lost secret: %v; want it to be worth nothing", err)
		}
		sub, err := db.SubscriptionBySecret(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		if follows, err := db.Follows(t.Context(), sub); err != nil || len(follows) != 1 || follows[0].Topic.String() != "app/messenger" {
			t.Errorf("follows = %+v, %v; want only what it asked for now", follows, err)
		}
	})
}

func TestAnEndpointCannotBeTakenOverWithOtherKeys(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		victim := db.Browser()
		_, secret := db.ReaderWithSecret(victim, "outage/messages-down:all")
		thief := db.Browser()
		thief.Endpoint = victim.Endpoint
		_, err := db.Subscribe(t.Context(), models.NewSubscription{Browser: thief, TimeZone: "UTC"})
		if !errors.Is(err, models.ErrConflict) {
			t.Errorf("subscribe: %v; want a conflict", err)
		}
		other := db.Reader()
		_, err = db.ChangeSubscription(t.Context(), other, models.SubscriptionChange{Browser: &thief})
		if !errors.Is(err, models.ErrConflict) {
			t.Errorf("change: %v; want a conflict", err)
		}
		if sub, err := db.SubscriptionBySecret(t.Context(), secret); err != nil || len(sub.Auth) != 16 {
			t.Errorf("the victim = %+v, %v; want it untouched", sub, err)
		}
	})
}

func TestSubscribeRefusesWhatCannotBeSentTo(t *testing.T) {
	cases := map[string]func(*models.NewSubscription){
		"subscription.endpoint":    func(n *models.NewSubscription) { n.Browser.Endpoint = "https://169.254.169.254/x.google.com/" },
		"subscription.keys.p256dh": func(n *models.NewSubscription) { n.Browser.P256DH = strings.Repeat("A", 87) },
		"subscription.keys.auth":   func(n *models.NewSubscription) { n.Browser.Auth = "AAAA" },
		"follows[0].topic":         func(n *models.NewSubscription) { n.Follows = modelstest.ParseFollows("planet/mars:all") },
		"follows[0].level":         func(n *models.NewSubscription) { n.Follows = modelstest.ParseFollows("app/messenger:muted") },
		"follows[1].level": func(n *models.NewSubscription) {
			n.Follows = modelstest.ParseFollows("app/messenger:all", "app/messenger:hushed")
		},
	}
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.VAPIDKey()
		for field, spoil := range cases {
			n := models.NewSubscription{Browser: db.Browser(), TimeZone: "Europe/London"}
			spoil(&n)
			if _, err := db.Subscribe(t.Context(), n); !isInvalid(field)(err) {
				t.Errorf("%s: error = %v", field, err)
			}
		}
		n := models.NewSubscription{Browser: db.Browser(), TimeZone: "UTC", Follows: modelstest.ParseFollows("app/icq:all")}
		if _, err := db.Subscribe(t.Context(), n); !isNotFound(err) {
			t.Errorf("a topic that does not exist: %v", err)
		}
	})
}

func TestForgetLeavesNothing(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		sub, secret := db.ReaderWithSecret(db.Browser(), "outage/messages-down:all", "app/messenger:key")
		if err := db.Forget(t.Context(), sub); err != nil {
			t.Fatal(err)
		}
		if _, err := db.SubscriptionBySecret(t.Context(), secret); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("subscription: %v; want none", err)
		}
		if follows, err := db.Follows(t.Context(), sub); err != nil || len(follows) != 0 {
			t.Errorf("follows = %v, %v; want none", follows, err)
		}
	})
}

func TestAnUnknownTimeZoneIsUTC(t *testing.T) {
	unknown := []string{"Etc/Unknown", "Mars/Olympus", "./Europe/Berlin", "Europe//Berlin", "Europe/Berlin/", "../Europe/Berlin", "Local", ""}
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.VAPIDKey()
		sub := db.Reader()
		for _, name := range append(unknown, "UTC") {
			fresh, err := db.Subscribe(t.Context(), models.NewSubscription{Browser: db.Browser(), TimeZone: name})
			if err != nil || fresh.TimeZone != "UTC" {
				t.Errorf("subscribed with %q: %q, %v", name, fresh.TimeZone, err)
			}
			changed, err := db.ChangeSubscription(t.Context(), sub, models.SubscriptionChange{TimeZone: &name})
			if err != nil || changed.TimeZone != "UTC" {
				t.Errorf("changed to %q: %q, %v", name, changed.TimeZone, err)
			}
		}
	})
}

func TestAReaderWhoResumesHasNoEndOfAPause(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader := db.Reader()
		later, past := db.Now().Add(time.Hour), time.Unix(0, 0)
		if paused := change(t, db, reader, models.SubscriptionChange{PausedUntil: &later}); paused.PausedUntil == nil || !paused.PausedUntil.Equal(later) {
			t.Errorf("paused until %v; want %v", paused.PausedUntil, later)
		}
		if resumed := change(t, db, reader, models.SubscriptionChange{PausedUntil: &past}); resumed.PausedUntil != nil {
			t.Errorf("resumed, but paused until %v", resumed.PausedUntil)
		}
	})
}
