package models_test

import (
	"errors"
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestAnImportedBrowserGetsItsSecretWhenItSubscribesAgain(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		db.VAPIDKey()
		browser := db.Browser()
		moved := []models.NewSubscription{
			imported(browser, "outage/messages-down:all", "app/messenger:key"),
			imported(db.Browser(), "outage/messages-down:all"),
		}
		if err := db.Import(t.Context(), moved); err != nil {
			t.Fatal(err)
		}
		size, err := db.CountAudience(t.Context(), models.Draft{
			Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: "Still down",
		})
		if err != nil || size != 2 {
			t.Errorf("audience = %d, %v", size, err)
		}
		again, err := db.Subscribe(t.Context(), moved[0])
		if err != nil {
			t.Fatal(err)
		}
		if found, err := db.SubscriptionBySecret(t.Context(), again.Secret); err != nil || found.ID != again.ID {
			t.Errorf("found = %+v, %v", found, err)
		}
	})
}

func TestAnImportWithOneWrongSubscriptionStoresNone(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		db.VAPIDKey()
		browser := db.Browser()
		wrong := map[string]struct {
			subscription models.NewSubscription
			want         error
		}{
			"unknown topic":  {imported(db.Browser(), "outage/no-such:all"), models.ErrNotFound},
			"endpoint twice": {imported(browser, "outage/messages-down:all"), models.ErrConflict},
		}
		for name, c := range wrong {
			first := imported(browser, "outage/messages-down:all")
			if err := db.Import(t.Context(), []models.NewSubscription{first, c.subscription}); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if uses, err := db.VAPIDKeyUses(t.Context()); err != nil || len(uses) != 0 {
			t.Errorf("subscriptions by key = %v, %v; want none", uses, err)
		}
	})
}

func imported(browser models.Browser, follows ...string) models.NewSubscription {
	return models.NewSubscription{
		Browser: browser, Follows: modelstest.ParseFollows(follows...), TimeZone: "Europe/London",
	}
}
