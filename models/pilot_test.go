package models_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

// pilotTest gets 20 readers in 2 shards, which an alert has reached, and an alert that is in
// its pilot.
type pilotTest func(t *testing.T, db *modelstest.DB, readers []int64, alertID int64)

func TestPilots(t *testing.T) {
	withPilots(t, map[string]pilotTest{
		"a pilot goes first, and the rest follows without it":       pilotGoesFirst,
		"an alert has a pilot however its undo window ends":         pilotAfterEachUndoWindow,
		"an alert without many readers has no pilot":                noPilotForFew,
		"an alert whose pilot is refused stops itself and says why": refusedPilot,
		"a pilot counts refusals that are retried":                  pilotRefusedForNow,
		"a pilot without an answer takes ten seconds":               pilotInTime(ledger.Untried),
		"a pilot that waits for retries takes ten seconds":          pilotInTime(ledger.Waiting),
		"a pilot with a hanging worker takes ten seconds":           pilotInTime(ledger.Accepted),
		"a pilot with a hanging worker is judged by what is known":  pilotInTime(ledger.Failed),
		"a pilot whose worker dies goes on":                         pilotAfterDeath,
		"the last worker of a pilot may die before it ends it":      pilotAfterLastDeath,
		"an alert can be stopped during its pilot":                  stoppedPilot,
		"a newer alert supersedes a pilot":                          supersededPilot,
	})
}

func TestReadersInQuietHoursGetACatchUpAfterAPilot(t *testing.T) {
	withPilots(t, map[string]pilotTest{"once": func(t *testing.T, db *modelstest.DB, readers []int64, alertID int64) {
		db.Exec("UPDATE subscriptions SET quiet_from = ?, quiet_until = ?", 0, 1439) // all day but a minute
		if sent := slices.Concat(sendDue(t, db, alertID, ledger.Accepted), sendDue(t, db, alertID, ledger.Accepted)); len(sent) > 0 {
			t.Errorf("in quiet hours it is sent to %v", sent)
		}
		if catchUps := db.Count("catch_ups"); catchUps != int64(len(readers)) {
			t.Errorf("%d readers have a catch-up; want all of them, once", catchUps)
		}
	}})
}

// The shards of the earlier alert that a pilot is judged by reach into its own shards.
func TestAPilotTakesNoReaderOfAnotherShard(t *testing.T) {
	withPilots(t, map[string]pilotTest{"after the shards were cut elsewhere": func(t *testing.T, db *modelstest.DB, readers []int64, _ int64) {
		db.Exec("DELETE FROM follows WHERE subscription_id = ?", readers[0])
		alertID := db.PublishNow(models.Draft{Outage: "down", Headline: "Third"}).Alert.ID
		sent := slices.Concat(sendDue(t, db, alertID, ledger.Accepted), sendDue(t, db, alertID, ledger.Accepted))
		if slices.Sort(sent); !slices.Equal(sent, readers[1:]) {
			t.Errorf("sent to %v; want each of %v once", sent, readers[1:])
		}
	}})
}

// Migration 28 makes the columns of pilots.
func TestAlertsStayThroughTheMigrationOfPilots(t *testing.T) {
	withPilots(t, map[string]pilotTest{"and are sent to everybody at once": func(t *testing.T, db *modelstest.DB, readers []int64, alertID int64) {
		if err := db.MigrateDown(t.Context(), 27); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if sent := sendDue(t, db, alertID, ledger.Accepted); len(sent) != len(readers) {
			t.Errorf("sent to %v; want everybody at once", sent)
		}
	}})
}

// withPilots runs each test with an alert of its own.
func withPilots(t *testing.T, tests map[string]pilotTest) {
	t.Helper()
	options := models.Options{ShardSize: 10, PageSize: 3, Pilot: models.Pilot{Above: 15, MaxRefused: 0.2}}
	modelstest.OnBothWith(t, options, func(t *testing.T, db *modelstest.DB) {
		db.Outage("down", "messenger")
		var readers []int64
		for range 20 {
			readers = append(readers, db.Reader("outage/down:all").ID)
		}
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				db.Exec("DELETE FROM alerts")
				first := db.PublishNow(models.Draft{Outage: "down", Headline: "First"}).Alert.ID
				if sent := sendDue(t, db, first, ledger.Accepted); !slices.Equal(sent, readers) {
					t.Errorf("the first alert is sent to %v; want everybody at once, as there is nothing to judge by", sent)
				}
				test(t, db, readers, db.PublishNow(models.Draft{Outage: "down", Headline: "Second"}).Alert.ID)
			})
		}
	})
}

// sendDue sends what is due of an alert, and returns who it was sent to.
func sendDue(t *testing.T, db *modelstest.DB, alertID int64, outcome ledger.Outcome) (sent []int64) {
	t.Helper()
	for _, claim := range claimAll(t, db, alertID) {
		for _, page := range deliver(t, db, claim, outcome) {
			sent = append(sent, page.readers...)
		}
	}
	return sent
}

func endPilots(t *testing.T, db *modelstest.DB) {
	t.Helper()
	if err := db.EndPilots(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func alertNow(t *testing.T, db *modelstest.DB, id int64) models.Alert {
	t.Helper()
	alert, err := db.Alert(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return alert
}

func pilotGoesFirst(t *testing.T, db *modelstest.DB, readers []int64, alertID int64) {
	pilot := sendDue(t, db, alertID, ledger.Accepted)
	if len(pilot) != 2 {
		t.Fatalf("the pilot is sent to %v; want one reader of each shard", pilot)
	}
	rest := sendDue(t, db, alertID, ledger.Accepted)
	all := slices.Sorted(slices.Values(slices.Concat(pilot, rest)))
	if !slices.Equal(all, readers) {
		t.Errorf("sent to %v, then %v; want each of %v once", pilot, rest, readers)
	}
	if alert := alertNow(t, db, alertID); alert.State != models.Sent || alert.StopReason != "" {
		t.Errorf("alert = %+v; want it sent", alert)
	}
}

// An alert becomes sending in two ways: when it is planned, and when any process ends its
// undo window.
func pilotAfterEachUndoWindow(t *testing.T, db *modelstest.DB, _ []int64, _ int64) {
	window := undoWindow
	held, err := db.Publish(t.Context(), models.Draft{
		Outage: "down", Headline: "Third", Kind: models.OrdinaryUpdate, Alert: models.AlertAll, UndoWindow: &window, Actor: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	if alert := alertNow(t, db, held.Alert.ID); alert.PilotUntil != nil {
		t.Error("the pilot begins in the undo window")
	}
	endWindows(t, db)
	if alert := alertNow(t, db, held.Alert.ID); alert.State != models.Sending || alert.PilotUntil == nil {
		t.Errorf("alert = %+v; want it sending, in its pilot", alert)
	}
	db.Exec("UPDATE alerts SET pilot_until = NULL, state = 'holding' WHERE id = ?", held.Alert.ID)
	db.PlanAll(held.Alert.ID)
	if pilot := sendDue(t, db, held.Alert.ID, ledger.Accepted); len(pilot) != 2 {
		t.Errorf("after its plan it is sent to %v; want the pilot's readers", pilot)
	}
}

func noPilotForFew(t *testing.T, db *modelstest.DB, _ []int64, _ int64) {
	db.Outage("small", "maps")
	db.Reader("outage/small:all")
	small := db.PublishNow(models.Draft{Outage: "small"}).Alert.ID
	if alert := alertNow(t, db, small); alert.PilotUntil != nil {
		t.Errorf("an alert to one reader is in a pilot until %v", alert.PilotUntil)
	}
}

func refusedPilot(t *testing.T, db *modelstest.DB, _ []int64, alertID int64) {
	sendDue(t, db, alertID, ledger.Failed)
	if rest := sendDue(t, db, alertID, ledger.Accepted); len(rest) > 0 {
		t.Errorf("it is sent to %v too", rest)
	}
	alert := alertNow(t, db, alertID)
	if alert.State != models.Stopped || alert.FinishedAt == nil || !strings.Contains(alert.StopReason, "refused 100% of the first pushes, and at most 20% may be refused") {
		t.Errorf("alert = %+v; want it stopped with a reason", alert)
	}
	entries, err := db.AuditEntries(t.Context(), 1)
	if err != nil || entries[0].Action != "stop alert" || entries[0].Actor != "notifier" {
		t.Errorf("audit log = %+v, %v; want that it stopped itself", entries, err)
	}
}

// A push service that refuses our key is asked again later: its readers wait for a retry.
func pilotRefusedForNow(t *testing.T, db *modelstest.DB, _ []int64, alertID int64) {
	for _, claim := range claimAll(t, db, alertID) {
		err := db.Deliver(t.Context(), claim, models.Delivery{
			Send: func(_ context.Context, recipients []models.Recipient, _ int) ([]models.Result, error) {
				results := outcomes(recipients, ledger.Waiting)
				for i := range results {
					results[i].Status, results[i].Due = http.StatusForbidden, db.Now().Add(time.Minute)
				}
				return results, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if alert := alertNow(t, db, alertID); alert.State != models.Stopped || alert.StopReason == "" {
		t.Errorf("alert = %+v; want it stopped with a reason", alert)
	}
}

// pilotInTime ends a pilot of which one worker hangs, and the other has an outcome.
func pilotInTime(outcome ledger.Outcome) pilotTest {
	return func(t *testing.T, db *modelstest.DB, _ []int64, alertID int64) {
		claims := claimAll(t, db, alertID) // the owner of the second hangs
		if outcome != ledger.Untried {
			deliver(t, db, claims[0], outcome)
		}
		endPilots(t, db)
		if alert := alertNow(t, db, alertID); alert.PilotUntil == nil {
			t.Error("the pilot ends before its last shard")
		}
		db.Clock.Advance(10 * time.Second)
		endPilots(t, db)
		want := models.Sending
		if outcome == ledger.Failed {
			want = models.Stopped
		}
		if alert := alertNow(t, db, alertID); alert.PilotUntil != nil || alert.State != want {
			t.Errorf("after the outcome %v, alert = %+v; want it %s without a pilot", outcome, alert, want)
		}
		deliver(t, db, claims[1], ledger.Accepted)
		sendDue(t, db, alertID, ledger.Accepted)
		sendDue(t, db, alertID, ledger.Accepted)
		if counts := countsOf(t, db, alertID); want == models.Sending && counts.Accepted+counts.Waiting != 20 {
			t.Errorf("after the outcome %v, counts = %+v; want everybody's", outcome, counts)
		}
	}
}

func pilotAfterDeath(t *testing.T, db *modelstest.DB, readers []int64, alertID int64) {
	claims := claimAll(t, db, alertID)
	err := db.NotePilotPage(t.Context(), claims[0])
	if err != nil {
		t.Fatal(err)
	}
	// The worker dies before it has left the shard; the other one had not begun.
	second := sendDue(t, db, alertID, ledger.Accepted)
	if len(second) != 1 {
		t.Errorf("after a death the pilot is sent to %v; want only the other shard's reader", second)
	}
	rest := sendDue(t, db, alertID, ledger.Accepted)
	if len(second)+len(rest) != len(readers)-1 {
		t.Errorf("sent to %d and %d readers; want all but one", len(second), len(rest))
	}
}

func pilotAfterLastDeath(t *testing.T, db *modelstest.DB, readers []int64, alertID int64) {
	db.Exec("UPDATE shards SET piloted = TRUE WHERE alert_id = ?", alertID)
	endPilots(t, db)
	if sent := sendDue(t, db, alertID, ledger.Accepted); len(sent) != len(readers) {
		t.Errorf("sent to %v; want everybody", sent)
	}
}

func stoppedPilot(t *testing.T, db *modelstest.DB, _ []int64, alertID int64) {
	deliver(t, db, claimAll(t, db, alertID)[0], ledger.Accepted)
	if err := db.StopAlert(t.Context(), alertID, "editor"); err != nil {
		t.Fatal(err)
	}
	endPilots(t, db)
	if sent := sendDue(t, db, alertID, ledger.Accepted); len(sent) > 0 {
		t.Errorf("after Stop it is sent to %v", sent)
	}
	alert, counts := alertNow(t, db, alertID), countsOf(t, db, alertID)
	if alert.State != models.Stopped || alert.FinishedAt == nil || alert.StopReason != "" || counts.Accepted != 1 {
		t.Errorf("alert = %+v, accepted for %d; want it stopped by its editor, with the one push", alert, counts.Accepted)
	}
}

func supersededPilot(t *testing.T, db *modelstest.DB, readers []int64, alertID int64) {
	pilot := deliver(t, db, claimAll(t, db, alertID)[0], ledger.Failed)
	newer := db.PublishNow(models.Draft{Outage: "down", Headline: "Third"}).Alert.ID
	endPilots(t, db)
	if sent := sendDue(t, db, alertID, ledger.Accepted); len(sent) > 0 {
		t.Errorf("after a newer alert, the pilot goes on to %v", sent)
	}
	if alert := alertNow(t, db, alertID); alert.State != models.Superseded || alert.FinishedAt == nil || alert.StopReason != "" {
		t.Errorf("alert = %+v; want it superseded", alert)
	}
	sent := sendDue(t, db, newer, ledger.Accepted)
	sent = append(sent, sendDue(t, db, newer, ledger.Accepted)...)
	if slices.Sort(sent); !slices.Equal(sent, readers) {
		t.Errorf("after a pilot to %v, the newer alert is sent to %v; want everybody once", pilot, sent)
	}
}
