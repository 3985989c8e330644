package models_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
	"newsbell/models/preferences"
)

const grace = 30 * day

// goneReader is a reader of messages-down at "key" whose push service has given
// up the address in an alert, and the browser and secret they had.
type goneReader struct {
	models.Subscription
	browser  models.Browser
	secret   string
	notifier *fakeNotifier
}

func newGoneReader(t *testing.T, db *modelstest.DB) *goneReader {
	t.Helper()
	db.Outage("messages-down", "messenger")
	g := &goneReader{browser: db.Browser(), notifier: newFakeNotifier(t, db)}
	g.Subscription, g.secret = db.ReaderWithSecret(g.browser, "outage/messages-down:key", "app/messenger:all")
	cap := 3
	change(t, db, g.Subscription, models.SubscriptionChange{SetQuietHours: true, QuietHours: &preferences.QuietHours{From: 60, Until: 120}, HourlyCap: &cap})
	g.notifier.answer = func(r models.Recipient) ledger.Outcome {
		if r.Endpoint == g.browser.Endpoint {
			return ledger.Gone
		}
		return ledger.Accepted
	}
	db.PublishDraft(keyMoment)
	g.notifier.sendDue()
	return g
}

var keyMoment = models.Draft{Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertKey, Headline: "Cause found"}

func TestAGoneAddressIsNotSentToAndItsReadersChoicesStay(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		g := newGoneReader(t, db)
		other := db.Reader("outage/messages-down:all")
		second := db.PublishDraft(keyMoment)
		g.notifier.answer = func(r models.Recipient) ledger.Outcome {
			if r.ID == g.ID {
				t.Error("the gone address was sent to")
			}
			return ledger.Accepted
		}
		if size, err := db.CountAudience(t.Context(), keyMoment); err != nil || size != 1 {
			t.Errorf("audience = %d, %v; want the other alone", size, err)
		}
		g.notifier.sendDue()
		if c := countsOf(t, db, second.Alert.ID); c != (models.Counts{Audience: 1, Accepted: 1}) {
			t.Errorf("counts = %+v; want an audience of the other alone", c)
		}
		if uses, err := db.VAPIDKeyUses(t.Context()); err != nil || uses[g.VAPIDKeyID] != 1 {
			t.Errorf("uses = %v, %v; want the other's", uses, err)
		}
		known, err := db.SubscriptionBySecret(t.Context(), g.secret)
		if err != nil {
			t.Fatal(err)
		}
		modelstest.Check(t, "the reader whose address is gone", modelstest.Facts{
			"gone at":         {known.GoneAt, db.Now()},
			"hourly cap":      {known.HourlyCap, 3},
			"has quiet hours": {known.QuietFrom != nil, true},
		})

		fresh := db.Browser()
		back := change(t, db, known, models.SubscriptionChange{Browser: &fresh})
		modelstest.Check(t, "the reader with a new address", modelstest.Facts{
			"gone at":    {back.GoneAt, nil},
			"endpoint":   {back.Endpoint, fresh.Endpoint},
			"hourly cap": {back.HourlyCap, 3},
		})
		g.notifier.answer = func(models.Recipient) ledger.Outcome { return ledger.Accepted }
		third := db.PublishDraft(keyMoment)
		g.notifier.sendDue()
		if got := g.notifier.deliveredTo(g.Subscription); len(got) != 1 || got[0].update != third.Update.ID {
			t.Errorf("sent to the new address: %v; want the alert after it alone", got)
		}
		if reached := g.notifier.deliveredTo(other); len(reached) != 2 {
			t.Errorf("sent to the other: %v; want both", reached)
		}
	})
}

// An answer about the old address may come after the browser has a new one.
func TestAGoneAnswerForAnOldAddressLeavesTheNewOneInUse(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		reader, secret := db.ReaderWithSecret(db.Browser(), "outage/messages-down:all")
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		claim := claimAll(t, db, id)[0]
		err := db.Deliver(t.Context(), claim, models.Delivery{
			Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
				fresh := db.Browser()
				change(t, db, reader, models.SubscriptionChange{Browser: &fresh})
				return outcomes(recipients, ledger.Gone), nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if sub, err := db.SubscriptionBySecret(t.Context(), secret); err != nil || sub.GoneAt != nil {
			t.Errorf("the new address = %+v, %v; want it in use", sub, err)
		}
	})
}

func TestAfterTheGracePeriodNothingIsLeftButWhy(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		g := newGoneReader(t, db)
		const many = 1100 // some batches
		others := make([]models.NewSubscription, many)
		for i := range others {
			others[i] = imported(db.Browser(), "outage/messages-down:all")
		}
		if err := db.Import(ctx, others); err != nil {
			t.Fatal(err)
		}
		db.Exec("UPDATE subscriptions SET gone_at = ? WHERE id <> ?", db.Now(), g.ID)
		stays, staying := db.ReaderWithSecret(db.Browser())
		expires := func(want int) {
			t.Helper()
			if n, err := db.ExpireSubscriptions(ctx); err != nil || n != want {
				t.Errorf("%d expired, %v; want %d", n, err, want)
			}
		}
		db.Clock.Advance(grace - time.Microsecond)
		expires(0)
		db.Clock.Advance(time.Microsecond)
		expires(many + 1)
		expires(0)
		_, err := db.SubscriptionBySecret(ctx, g.secret)
		if !errors.Is(err, models.ErrExpired) || !strings.Contains(err.Error(), "30 days ago") {
			t.Errorf("the expired secret: %v; want the reason", err)
		}
		if n := db.Count("follows"); n != 0 {
			t.Errorf("%d follows are left", n)
		}
		if sub, err := db.SubscriptionBySecret(ctx, staying); err != nil || sub.ID != stays.ID {
			t.Errorf("a reader with an address: %+v, %v", sub, err)
		}

		if found, err := db.ForgetExpired(ctx, g.secret); err != nil || !found {
			t.Fatalf("forget what is left: %t, %v", found, err)
		}
		if _, err := db.SubscriptionBySecret(ctx, g.secret); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("after it was forgotten: %v; want it to be unknown", err)
		}
		if n := db.Count("expired_subscriptions"); n != many {
			t.Errorf("%d are left of %d", n, many)
		}
		db.Clock.Advance(365 * day)
		expires(0)
		if n := db.Count("expired_subscriptions"); n != 0 {
			t.Errorf("after a year %d are left", n)
		}
	})
}

func TestAGracePeriodCanBeSet(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{GoneGrace: time.Hour}, func(t *testing.T, db *modelstest.DB) {
		newGoneReader(t, db)
		db.Clock.Advance(time.Hour)
		if n, err := db.ExpireSubscriptions(t.Context()); err != nil || n != 1 {
			t.Errorf("%d expired, %v; want the one", n, err)
		}
	})
}

func TestForgetMeDeletesASubscriptionWithoutAnAddressAtOnce(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		g := newGoneReader(t, db)
		if err := db.Forget(t.Context(), g.Subscription); err != nil {
			t.Fatal(err)
		}
		if _, err := db.SubscriptionBySecret(t.Context(), g.secret); !errors.Is(err, models.ErrUnauthorized) {
			t.Errorf("the secret: %v; want it to be unknown", err)
		}
		for _, table := range []string{"subscriptions", "follows", "failures", "expired_subscriptions"} {
			if n := db.Count(table); n != 0 {
				t.Errorf("%s has %d rows", table, n)
			}
		}
	})
}

func TestOnlyTheSameBrowserComesBackToAGoneAddress(t *testing.T) {
	back := map[string]func(t *testing.T, db *modelstest.DB, b models.Browser) error{
		"that lost its secret and subscribes": func(t *testing.T, db *modelstest.DB, b models.Browser) error {
			_, err := db.Subscribe(t.Context(), imported(b, "outage/messages-down:all"))
			return err
		},
		"that has another row": func(t *testing.T, db *modelstest.DB, b models.Browser) error {
			_, err := db.ChangeSubscription(t.Context(), db.Reader("app/instagram:all"), models.SubscriptionChange{Browser: &b})
			return err
		},
		"that is imported": func(t *testing.T, db *modelstest.DB, b models.Browser) error {
			return db.Import(t.Context(), []models.NewSubscription{imported(db.Browser()), imported(b, "outage/messages-down:resolution")})
		},
	}
	for name, comeBack := range back {
		t.Run("a browser "+name, func(t *testing.T) {
			modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
				g := newGoneReader(t, db)
				db.App("instagram")
				thief := db.Browser()
				thief.Endpoint = g.browser.Endpoint
				if err := comeBack(t, db, thief); !errors.Is(err, models.ErrConflict) {
					t.Errorf("with other keys: %v; want a conflict", err)
				}
				if err := comeBack(t, db, g.browser); err != nil {
					t.Fatal(err)
				}
				if addresses, err := db.VAPIDKeyUses(t.Context()); err != nil || db.Count("subscriptions") != int64(addresses[g.VAPIDKeyID]) {
					t.Errorf("%v addresses in %d rows, %v; want an address in each", addresses, db.Count("subscriptions"), err)
				}
			})
		})
	}
}

func TestACatchUpWaitsForTheNewAddressOfItsReader(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader, notifier := night(t, db)
		notifier.answer = func(models.Recipient) ledger.Outcome { return ledger.Gone }
		db.Clock.Advance(morning)
		notifier.sendDue() // the push service answers the catch-up with gone
		alerts := db.Count("alerts")
		for range 3 {
			db.Clock.Advance(day)
			notifier.sendDue()
		}
		if n := db.Count("alerts"); n != alerts || db.Count("catch_ups") != 1 {
			t.Errorf("%d alerts were opened for nobody; %d catch-ups are left of one", n-alerts, db.Count("catch_ups"))
		}
		notifier.answer = func(models.Recipient) ledger.Outcome { return ledger.Accepted }
		fresh := db.Browser()
		change(t, db, reader, models.SubscriptionChange{Browser: &fresh})
		notifier.sendDue()
		if got := notifier.deliveredTo(reader); len(got) != 1 || !got[0].catchUp {
			t.Errorf("sent to the new address: %v; want the catch-up", got)
		}
	})
}

func TestAReaderWhoseAddressGoesBeforeTheirCatchUpIsDueKeepsIt(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader, notifier := night(t, db)
		db.Exec("UPDATE subscriptions SET gone_at = ?", db.Now())
		alerts := db.Count("alerts")
		db.Clock.Advance(morning)
		notifier.sendDue()
		if n := db.Count("alerts"); n != alerts {
			t.Errorf("%d alerts were opened for nobody", n-alerts)
		}
		db.PublishDraft(models.Draft{Outage: "messages-down", Kind: models.Resolution})
		notifier.sendDue()
		db.Clock.Advance(day)
		ends(t, db, 1) // the follows of the outage do not wait for the address
		if n := db.Count("catch_ups"); n != 0 {
			t.Errorf("%d catch-ups are left of an outage that is over", n)
		}
		fresh := db.Browser()
		change(t, db, reader, models.SubscriptionChange{Browser: &fresh})
		notifier.sendDue()
		if got := notifier.deliveredTo(reader); len(got) != 0 {
			t.Errorf("sent %v; want nothing of what is long over", got)
		}
	})
}

func TestARetryWhoseAddressIsGoneCountsAsGone(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		id, _ := waitingShard(t, db, time.Minute)
		db.Exec("UPDATE subscriptions SET gone_at = ?", db.Now())
		db.Clock.Advance(time.Minute)
		if pages := deliver(t, db, claimAll(t, db, id)[0], ledger.Accepted); len(pages) != 0 {
			t.Errorf("the gone address is tried again: %+v", pages)
		}
		if c := countsOf(t, db, id); c != (models.Counts{Audience: 1, Gone: 1}) {
			t.Errorf("counts = %+v; want one gone, nobody waiting", c)
		}
	})
}

func TestANewAddressOpensConnectionsAndAGoneOneDoesNot(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		newGoneReader(t, db)
		if origins, err := db.PushOrigins(t.Context()); err != nil || len(origins) != 0 {
			t.Errorf("origins = %v, %v; want none", origins, err)
		}
		db.Reader()
		if origins, err := db.PushOrigins(t.Context()); err != nil || len(origins) != 1 {
			t.Errorf("origins = %v, %v; want the other's", origins, err)
		}
	})
}
