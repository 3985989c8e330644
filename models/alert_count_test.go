package models_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
	"newsbell/models/receipts"
)

func alertCounts(t *testing.T, db *modelstest.DB, alertID int64) []models.AlertCount {
	t.Helper()
	rows, err := db.AlertCounts(t.Context(), alertID)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

const (
	google  = "fcm.googleapis.com"
	mozilla = "updates.push.services.mozilla.com"
)

func TestAnAlertIsCountedByPushServiceAndInterval(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{PageSize: 3}, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		for range 4 {
			db.Reader("outage/messages-down:all")
		}
		firefox := db.Browser()
		firefox.Endpoint = "https://" + mozilla + "/wpush/v2/token"
		db.ReaderWithSecret(firefox, "outage/messages-down:all")
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		db.Clock.Advance(1234 * time.Millisecond)
		deliver(t, db, claimAll(t, db, id)[0], ledger.Accepted, ledger.Waiting)
		db.Clock.Advance(62 * time.Second)
		deliver(t, db, claimAll(t, db, id)[0], ledger.Accepted)

		rows := alertCounts(t, db, id)
		want := []models.AlertCount{
			{AlertID: id, PushService: google, AfterMS: 1200, Accepted: 3, Waiting: 1, Unanswered: 1},
			{AlertID: id, PushService: mozilla, AfterMS: 1200, Waiting: 1, Unanswered: 1},
			{AlertID: id, PushService: google, AfterMS: 63_000, Accepted: 1, Waiting: -1},
			{AlertID: id, PushService: mozilla, AfterMS: 63_000, Accepted: 1, Waiting: -1},
		}
		if !slices.Equal(rows, want) {
			t.Errorf("counts = %+v; want %+v", rows, want)
		}
		if counts := countsOf(t, db, id); counts != (models.Counts{Audience: 5, Accepted: 5}) {
			t.Errorf("counts = %+v; want all five", counts)
		}
	})
}

func TestAnswersAreCountedByWhatIsWrong(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		for range 7 {
			db.Reader("outage/messages-down:all")
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		answers := []models.Result{
			{Outcome: ledger.Waiting, Status: http.StatusForbidden, NotAttempted: true},
			{Outcome: ledger.Waiting, KeyMismatch: true, Status: http.StatusBadRequest},
			{Outcome: ledger.Waiting, Status: http.StatusTooManyRequests},
			{Outcome: ledger.Waiting, Status: http.StatusBadGateway},
			{Outcome: ledger.Waiting, NotAttempted: true}, // not sent: no answer
			{Outcome: ledger.Failed, Status: http.StatusRequestEntityTooLarge},
			{Outcome: ledger.Gone, Status: http.StatusGone},
		}
		err := db.Deliver(t.Context(), claimAll(t, db, id)[0], models.Delivery{
			Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
				for i := range answers {
					answers[i].Recipient, answers[i].Due = recipients[i], db.Now().Add(time.Minute)
				}
				return answers, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		want := models.AlertCount{
			AlertID: id, PushService: google, Gone: 1, Failed: 1, Waiting: 5,
			Unauthorized: 2, Rejected: 1, Throttled: 1, Unanswered: 1,
		}
		if rows := alertCounts(t, db, id); len(rows) != 1 || rows[0] != want {
			t.Errorf("counts = %+v; want %+v", rows, want)
		}
	})
}

func TestAPageThatIsWrittenTwiceCountsOnce(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		id, claim := claimedShard(t, db)
		write := db.NoteFirstPage(t.Context(), claim, send(ledger.Failed))
		for range 3 {
			if err := write(t.Context()); err != nil {
				t.Fatal(err)
			}
			db.Clock.Advance(time.Second)
		}
		countsOf(t, db, id)
		if rows := alertCounts(t, db, id); len(rows) != 1 || rows[0].Failed != 1 || rows[0].Unanswered != 1 {
			t.Errorf("counts = %+v; want one failure", rows)
		}
	})
}

func TestReceiptsAreCountedOnceInTheirInterval(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		readers := []models.Subscription{db.Reader("outage/messages-down:all"), db.Reader("outage/messages-down:all")}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		reported := func(reader models.Subscription, events ...receipts.Event) {
			for _, event := range events {
				report(t, db, id, reader, event)
			}
			if err := db.FlushReceipts(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		reported(readers[0], receipts.Shown, receipts.Clicked)
		db.Clock.Advance(12500 * time.Millisecond)
		reported(readers[0], receipts.Shown)
		reported(readers[1], receipts.Shown, receipts.Dismissed)
		want := []models.AlertCount{{AlertID: id, Shown: 1, Clicked: 1}, {AlertID: id, AfterMS: 12_000, Shown: 1, Dismissed: 1}}
		if rows := alertCounts(t, db, id); !slices.Equal(rows, want) {
			t.Errorf("counts = %+v; want %+v", rows, want)
		}
	})
}

func TestTheArrivalIsEstimatedFromTheAlertsBefore(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{PageSize: 2}, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		for range 20 {
			db.Reader("outage/messages-down:all")
		}
		if _, ok, err := db.EstimateArrival(t.Context(), 20, nil, 0); ok || err != nil {
			t.Errorf("there is an estimate without an alert, or %v", err)
		}
		first := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		err := db.Deliver(t.Context(), claimAll(t, db, first)[0], models.Delivery{ // a page a second
			BeforePage: func(context.Context) error { db.Clock.Advance(time.Second); return nil },
			Send:       send(ledger.Accepted),
		})
		if err != nil {
			t.Fatal(err)
		}
		second := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		services := map[string]int{google: 50}
		for before, want := range map[int64]bool{0: true, second: true, first: false} {
			estimate, ok, err := db.EstimateArrival(t.Context(), 40, services, before)
			at, _ := estimate.When(20)
			if err != nil || ok != want || ok && (at < 8*time.Second || at > 12*time.Second) {
				t.Errorf("before alert %d: half after %v, %v, %v; want %v, about 10 s", before, at, ok, err, want)
			}
		}
	})
}

// Migration 26 keeps the counts of older alerts, and a shard that is being sent goes on.
func TestOlderAlertsKeepTheirCountsThroughTheMigrationUpAndDown(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{PageSize: 1}, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		for range 3 {
			db.Reader("outage/messages-down:all")
		}
		ended := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		deliver(t, db, claimAll(t, db, ended)[0], ledger.Accepted, ledger.Failed)
		going := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		deliverOnePage(t, db, claimAll(t, db, going)[0], ledger.Waiting)

		if err := db.MigrateDown(t.Context(), 24); err != nil {
			t.Fatal(err)
		}
		db.Exec("UPDATE shards SET hosts = replace(hosts, ',0]', ']')") // of an older release
		if _, err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		countsOf(t, db, ended)
		if rows := alertCounts(t, db, going); len(rows) != 1 || rows[0].PushService != google || rows[0].AfterMS != -1 || rows[0].Waiting != 1 {
			t.Errorf("counts = %+v; want one that waits, before all intervals", rows)
		}
		db.Clock.Advance(time.Minute)
		for _, claim := range claimAll(t, db, going) {
			deliver(t, db, claim, ledger.Accepted)
		}
		countsOf(t, db, going)
	})
}
