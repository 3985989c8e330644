package models_test

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
	"newsbell/models/receipts"
)

func TestAReaderSeesTheOutcomesOfTheirLastAlerts(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{ShardSize: 2, PageSize: 2}, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		before := db.PublishNow(models.Draft{Outage: "messages-down"})
		db.Clock.Advance(time.Minute)
		var readers []models.Subscription
		for range 5 {
			readers = append(readers, db.Reader("outage/messages-down:all"))
		}
		reader := readers[2]
		var want []models.SentAlert
		for _, outcome := range []ledger.Outcome{ledger.Accepted, ledger.Failed, ledger.Waiting, ledger.Deferred} {
			published := db.PublishNow(models.Draft{Outage: "messages-down", Headline: "News"})
			db.Clock.Advance(time.Second)
			for _, claim := range claimAll(t, db, published.Alert.ID) {
				deliver(t, db, claim, outcome)
			}
			alert := models.SentAlert{
				AlertID: published.Alert.ID, UpdateID: published.Update.ID, Outage: "messages-down", Headline: "News",
				PublishedAt: published.Update.PublishedAt, Outcome: outcome,
			}
			if now := db.Now(); outcome == ledger.Accepted {
				alert.AcceptedAt, alert.Clicked = &now, true
				report(t, db, published.Alert.ID, reader, receipts.Clicked)
			}
			want = append([]models.SentAlert{alert}, want...)
		}
		db.PublishNow(models.Draft{Outage: "messages-down"}) // has not been tried
		receiptsAre(t, db, want[3].AlertID, 0, 1, 0)
		sentAlertsAre(t, db, reader, 20, want)
		sentAlertsAre(t, db, reader, 2, want[:2])
		sentAlertsAre(t, db, db.Reader("outage/messages-down:all"), 20, nil)

		// A browser that subscribes again starts again, in the same row.
		again := reader
		again.CreatedAt = db.Now().Add(time.Hour)
		sentAlertsAre(t, db, again, 20, nil)
		if all, err := db.LastAlerts(ctx, models.Subscription{ID: reader.ID}, 20); err != nil || len(all) != 4 {
			t.Errorf("%d alerts, %v; nobody had alert %d", len(all), err, before.Alert.ID)
		}
	})
}

func TestAnAlertThatWasDeferredAndThenSentIsListedOnce(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		reader, notifier := night(t, db)
		deferred, err := db.LastAlerts(t.Context(), reader, 20)
		if err != nil || len(deferred) != 1 || deferred[0].Outcome != ledger.Deferred || deferred[0].CoveredBy != 0 {
			t.Errorf("at night: %+v, %v; want the alert, deferred", deferred, err)
		}
		second := db.PublishDraft(models.Draft{Outage: "messages-down"})
		notifier.sendDue()
		db.Clock.Advance(morning)
		notifier.sendDue()
		got, err := db.LastAlerts(t.Context(), reader, 20)
		if err != nil || len(got) != 2 {
			t.Fatalf("in the morning: %+v, %v; want the second alert, as it was sent, and the first", got, err)
		}
		if got[0].UpdateID != second.Update.ID || got[0].Outcome != ledger.Accepted || got[0].AlertID == second.Alert.ID {
			t.Errorf("the second is %+v; want the catch-up that covered it", got[0])
		}
		if got[1].Outcome != ledger.Deferred || got[1].CoveredBy != got[0].AlertID {
			t.Errorf("the first is %+v; want it covered by alert %d", got[1], got[0].AlertID)
		}
	})
}

func TestALedgerThatCannotBeReadHidesNoOtherAlert(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		reader := db.Reader("outage/messages-down:all")
		var ids []int64
		for range 2 {
			id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
			claim := claimAll(t, db, id)[0]
			deliver(t, db, claim, ledger.Accepted)
			ids = append(ids, id)
		}
		db.Exec("UPDATE shards SET ledger = ? WHERE alert_id = ?", []byte("rotten"), ids[1])
		last, err := db.LastAlerts(t.Context(), reader, 20)
		if err != nil || len(last) != 1 || last[0].AlertID != ids[0] {
			t.Errorf("last alerts = %+v, %v; want the other", last, err)
		}
	})
}

func TestAReadersDataIsEverythingThatIsStoredOfThem(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		reader, other := db.Reader("outage/messages-down:all"), db.Reader("outage/messages-down:all")
		first := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		err := db.Deliver(t.Context(), claimAll(t, db, first)[0], models.Delivery{
			Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
				results := outcomes(recipients, ledger.Failed)
				results[0].Status, results[0].Reason = 403, "credentials"
				return results, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 69 { // more than are looked at for the last ones
			db.PublishNow(models.Draft{Outage: "messages-down"})
		}
		now := db.Now()
		for _, who := range []models.Subscription{reader, other} {
			db.Exec("INSERT INTO catch_ups (outage_id, subscription_id, first_alert_id, alert_id, reach, due_at) VALUES (1, ?, 1, 2, 1, ?)", who.ID, now)
			db.Exec(`INSERT INTO notices (subscription_id, kind, state, epoch, due_at, deadline, status, reason, created_at, answered_at)
				VALUES (?, 'test', 'accepted', 1, ?, ?, 201, '', ?, ?)`, who.ID, now, now, now, now)
		}
		reader.Recent = binary.LittleEndian.AppendUint32(nil, uint32(now.Unix()))
		data, err := db.SubscriptionData(t.Context(), reader)
		if err != nil {
			t.Fatal(err)
		}
		if len(data.Alerts) != 1 || data.Alerts[0].AlertID != 1 || data.Alerts[0].Outcome != ledger.Failed {
			t.Errorf("alerts = %+v", data.Alerts)
		}
		if len(data.Recent) != 1 || !data.Recent[0].Equal(now) {
			t.Errorf("recent = %v; want %v", data.Recent, now)
		}
		if len(data.Failures) != 1 || data.Failures[0].Status != 403 || data.Failures[0].PushHost != "fcm.googleapis.com" {
			t.Errorf("failures = %+v", data.Failures)
		}
		if c := data.CatchUps; len(c) != 1 || c[0].Outage != "messages-down" || c[0].AlertID != 2 || c[0].Reach != models.LevelKey || !c[0].DueAt.Equal(now) {
			t.Errorf("catch-ups = %+v", c)
		}
		if len(data.Notices) != 1 || data.Notices[0].Kind != "test" || data.Notices[0].Status != 201 || !data.Notices[0].AnsweredAt.Equal(now) {
			t.Errorf("notices = %+v", data.Notices)
		}
	})
}

func sentAlertsAre(t *testing.T, db *modelstest.DB, reader models.Subscription, limit int, want []models.SentAlert) {
	t.Helper()
	got, err := db.LastAlerts(t.Context(), reader, limit)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d alerts: %+v; want %d", len(got), got, len(want))
	}
	for i := range got {
		at, wanted := got[i].AcceptedAt, want[i].AcceptedAt
		if (at == nil) != (wanted == nil) || at != nil && !at.Equal(*wanted) {
			t.Errorf("alert %d was accepted at %v; want %v", got[i].AlertID, at, wanted)
		}
		if !got[i].PublishedAt.Equal(want[i].PublishedAt) {
			t.Errorf("alert %d was published at %v; want %v", got[i].AlertID, got[i].PublishedAt, want[i].PublishedAt)
		}
		got[i].AcceptedAt, got[i].PublishedAt = wanted, want[i].PublishedAt
		if got[i] != want[i] {
			t.Errorf("alert = %+v; want %+v", got[i], want[i])
		}
	}
}
