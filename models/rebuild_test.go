package models_test

import (
	"slices"
	"strings"
	"testing"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

const pagesOfTwo = 2

func TestACorruptLedgerIsRebuiltFromPositionAndFailures(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{PageSize: pagesOfTwo}, func(t *testing.T, db *modelstest.DB) {
		id, readers := halfSent(t, db, ledger.Accepted, ledger.Failed)
		db.Exec("UPDATE shards SET ledger = ?", []byte("rotten"))
		claim := claimShard(t, db)
		saysRebuilt(t, db, claim, "wrong checksum; it goes on after reader")
		if counts := countsOf(t, db, id); counts != (models.Counts{Audience: 6, Accepted: 1, Failed: 1}) {
			t.Errorf("counts = %+v; want what the failures and the position say", counts)
		}
		hostsAre(t, db, id, map[string]models.Counts{"fcm.googleapis.com": {Accepted: 1, Failed: 1}})
		again := claimShard(t, db)
		if again.Rebuilt != "" {
			t.Errorf("rebuilt once more: %s", again.Rebuilt)
		}
		if rest := deliver(t, db, again, ledger.Accepted); len(rest) != 2 || rest[0].readers[0] != readers[2] {
			t.Errorf("the rest is %+v; want the second page on", rest)
		}
	})
}

func TestAShardBeginsAgainWhenItsRetriesAreUnknown(t *testing.T) {
	for name, corruption := range map[string]struct{ sql, cause string }{
		"a lost ledger":        {"UPDATE shards SET ledger = ''", "the counts are not the ledger's"},
		"a torn ledger":        {"UPDATE shards SET ledger = substr(ledger, 1, length(ledger) - 3)", "wrong checksum"},
		"wrong counts":         {"UPDATE shards SET accepted = accepted + 1", "the counts are not the ledger's"},
		"forgotten waiting":    {"UPDATE shards SET waiting = 0, ledger = ''", "the counts are not the ledger's"},
		"a position before it": {"UPDATE shards SET position = after_id - 1", "the position"},
		"a position beyond it": {"UPDATE shards SET position = upto_id + 1", "the position"},
	} {
		t.Run(name, func(t *testing.T) {
			modelstest.OnBothWith(t, models.Options{PageSize: pagesOfTwo}, func(t *testing.T, db *modelstest.DB) {
				id, readers := halfSent(t, db, ledger.Failed, ledger.Waiting)
				db.Exec(corruption.sql)
				claim := claimShard(t, db)
				saysRebuilt(t, db, claim, corruption.cause)
				if counts := countsOf(t, db, id); counts != (models.Counts{Audience: 6, Failed: 1}) {
					t.Errorf("counts = %+v; want the failure alone", counts)
				}
				if pages := deliver(t, db, claim, ledger.Accepted); !slices.Equal(pages[0].readers, readers[1:2]) {
					t.Errorf("the first page again is %+v; want the reader that was waiting", pages[0])
				}
			})
		})
	}
}

// halfSent publishes an alert to six readers and sends the first page of two.
func halfSent(t *testing.T, db *modelstest.DB, each ...ledger.Outcome) (alertID int64, readers []int64) {
	t.Helper()
	db.Outage("messages-down", "messenger")
	for range 6 {
		readers = append(readers, db.Reader("outage/messages-down:all").ID)
	}
	alertID = db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
	deliverOnePage(t, db, claimShard(t, db), each...)
	return alertID, readers
}

func saysRebuilt(t *testing.T, db *modelstest.DB, claim *models.Claim, cause string) {
	t.Helper()
	if !strings.Contains(claim.Rebuilt, cause) {
		t.Fatalf("rebuilt = %q; want %q", claim.Rebuilt, cause)
	}
	entries, err := db.AuditEntries(t.Context(), 1)
	if err != nil || len(entries) != 1 || entries[0].Action != "rebuild ledger" || !strings.Contains(entries[0].Subject, cause) {
		t.Errorf("audit = %+v, %v; want the rebuilding", entries, err)
	}
}
