package models_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// They are written together, and each gets their own answer.
func TestOfManySubscriptionsAtOnceOnlyTheInvalidOnesFail(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		owner := db.Browser()
		db.ReaderWithSecret(owner)
		thief := db.Browser()
		thief.Endpoint = owner.Endpoint
		twice := db.Browser()
		given, giveUp := context.WithCancel(t.Context())
		giveUp()
		kinds := []struct {
			name   string
			ctx    context.Context
			wanted models.NewSubscription
			want   error
		}{
			{"a new browser", t.Context(), imported(models.Browser{}, "outage/messages-down:all", "app/messenger:key"), nil},
			{"one browser twice", t.Context(), imported(twice, "outage/messages-down:all"), nil},
			{"another's endpoint", t.Context(), imported(thief), models.ErrConflict},
			{"an unknown topic", t.Context(), imported(models.Browser{}, "outage/no-such:all"), models.ErrNotFound},
			{"a request that is given up", given, imported(models.Browser{}), context.Canceled},
		}
		var all sync.WaitGroup
		for i := range 300 {
			kind := kinds[i%len(kinds)]
			n := kind.wanted
			if n.Browser.Endpoint == "" {
				n.Browser = db.Browser()
			}
			all.Go(func() {
				sub, err := db.Subscribe(kind.ctx, n)
				if !errors.Is(err, kind.want) || kind.want == nil && err != nil {
					t.Errorf("%s: %v; want %v", kind.name, err, kind.want)
				}
				if err == nil && kind.name == "a new browser" {
					if err := isStored(t.Context(), db, sub); err != nil {
						t.Errorf("%s: %v", kind.name, err)
					}
				}
			})
		}
		all.Wait()
		size, err := db.CountAudience(t.Context(), models.Draft{
			Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: "Still down",
		})
		if err != nil || size != 61 {
			t.Errorf("audience = %d, %v; want 60 new browsers and one", size, err)
		}
	})
}

func TestAStoreThatIsClosedTakesNoSubscription(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		db.VAPIDKey()
		store, err := models.Open(t.Context(), models.Options{URL: db.URL, Now: db.Clock.Now, PushHosts: modelstest.PushHosts(t)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Subscribe(t.Context(), imported(db.Browser(), "outage/messages-down:all")); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		if _, err := store.Subscribe(t.Context(), imported(db.Browser(), "outage/messages-down:all")); err == nil {
			t.Error("a closed store took a subscription")
		}
	})
}

// isStored compares the answer to a browser with what is stored.
func isStored(ctx context.Context, db *modelstest.DB, sub models.Subscribed) error {
	found, err := db.SubscriptionBySecret(ctx, sub.Secret)
	if err != nil {
		return err
	}
	follows, err := db.Follows(ctx, found)
	if err != nil {
		return err
	}
	if found.ID != sub.ID || fmt.Sprint(follows) != fmt.Sprint(sub.Follows) {
		return fmt.Errorf("stored %d with %v; the answer was %d with %v", found.ID, follows, sub.ID, sub.Follows)
	}
	return nil
}
