package models_test

import (
	"context"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestARefusedSubscriptionIsSkippedForLongerEachTimeAndIsGoneInTheEnd(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		sub := db.Reader("outage/messages-down:all")
		var tried []time.Duration
		for hours := 0; hours <= 14*24; hours++ {
			outcome, wasTried := refuseOnce(t, db)
			if wasTried {
				tried = append(tried, db.Now().Sub(modelstest.Start))
			}
			if outcome == ledger.Gone {
				break
			}
			db.Clock.Advance(time.Hour)
		}
		for i := 2; i < len(tried); i++ {
			if before, after := tried[i-1]-tried[i-2], tried[i]-tried[i-1]; after < before {
				t.Errorf("tried after %v; want longer and longer pauses", tried)
			}
		}
		if days := tried[len(tried)-1].Hours() / 24; len(tried) < 6 || len(tried) > 10 || days < 7 || days > 11 {
			t.Errorf("gone after %d refusals in %.1f days: %v", len(tried), days, tried)
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		if outcome, err := db.SentTo(t.Context(), id, sub.ID); err != nil || outcome != ledger.Untried {
			t.Errorf("outcome after the end = %v, %v; want it skipped", outcome, err)
		}
	})
}

func TestAnAcceptedPushOrANewAddressEndsTheCountOfRefusals(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *modelstest.DB, models.Subscription){
		"accepted alert": func(t *testing.T, db *modelstest.DB, _ models.Subscription) {
			db.Clock.Advance(time.Hour)
			claim := claimAll(t, db, db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID)[0]
			deliver(t, db, claim, ledger.Accepted)
		},
		"accepted notice": func(t *testing.T, db *modelstest.DB, sub models.Subscription) {
			if _, err := db.CreateNotice(t.Context(), sub, models.TestNotice); err != nil {
				t.Fatal(err)
			}
			notices, err := db.ClaimNotices(t.Context(), 1)
			if err != nil || len(notices) != 1 {
				t.Fatal(notices, err)
			}
			result := models.Result{Recipient: notices[0].Recipient(), Outcome: ledger.Accepted}
			if err := db.RecordNotices(t.Context(), []models.NoticeResult{{Notice: notices[0], Result: result}}, func(err error) { t.Error(err) }); err != nil {
				t.Fatal(err)
			}
		},
		"new address": func(t *testing.T, db *modelstest.DB, sub models.Subscription) {
			browser := db.Browser()
			if _, err := db.ChangeSubscription(t.Context(), sub, models.SubscriptionChange{Browser: &browser}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
				db.Outage("messages-down", "messenger")
				sub, secret := db.ReaderWithSecret(db.Browser(), "outage/messages-down:all")
				for range 2 {
					refuseOnce(t, db)
				}
				refused, err := db.SubscriptionBySecret(t.Context(), secret)
				if err != nil || refused.Refusals != 2 || refused.RefusedUntil == nil {
					t.Fatalf("subscription = %+v, %v; want 2 refusals", refused, err)
				}
				if size, err := db.CountAudience(t.Context(), models.Draft{Outage: "messages-down", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, Headline: "News"}); err != nil || size != 0 {
					t.Errorf("audience = %d, %v; want nobody", size, err)
				}
				end(t, db, sub)
				kept, err := db.SubscriptionBySecret(t.Context(), secret)
				if err != nil || kept.Refusals != 0 || kept.RefusedUntil != nil || kept.RefusedSince != nil {
					t.Errorf("subscription = %+v, %v; want no refusals", kept, err)
				}
			})
		})
	}
}

func TestReadersWithAnAcceptedAlertAreKnownFromTheLedgers(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		for range 4 {
			db.Reader("outage/messages-down:all")
		}
		reached := func() (who [4]bool) {
			claim := claimAll(t, db, db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID)[0]
			err := db.Deliver(t.Context(), claim, models.Delivery{
				Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
					for i, r := range recipients {
						who[i] = claim.AcceptedLately(r)
					}
					return outcomes(recipients, ledger.Accepted, ledger.Failed, ledger.Waiting, ledger.Accepted), nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			return who
		}
		if who := reached(); who != [4]bool{} {
			t.Errorf("reached before any alert = %v", who)
		}
		if who := reached(); who != [4]bool{true, false, false, true} {
			t.Errorf("reached = %v; want those who were accepted", who)
		}
		db.Clock.Advance(31 * 24 * time.Hour)
		if who := reached(); who != [4]bool{} {
			t.Errorf("reached a month ago = %v; want nobody", who)
		}
	})
}

// refuseOnce publishes an alert whose push is refused, if there is any.
func refuseOnce(t *testing.T, db *modelstest.DB) (outcome ledger.Outcome, tried bool) {
	t.Helper()
	ctx := t.Context()
	id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
	err := db.Deliver(ctx, claimAll(t, db, id)[0], models.Delivery{
		Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
			tried = len(recipients) > 0
			results := outcomes(recipients, ledger.Failed)
			for i := range results {
				results[i].Refused, results[i].Status = true, 403
			}
			return results, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	counts := countsOf(t, db, id)
	if counts.Gone == 1 {
		return ledger.Gone, true
	}
	return ledger.Failed, tried
}
