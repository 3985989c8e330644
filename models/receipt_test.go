package models_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"newsbell/models"
	"newsbell/models/modelstest"
	"newsbell/models/receipts"
)

func TestReceiptsAreCountedOnceForEachReaderAndEvent(t *testing.T) {
	modelstest.OnBothWith(t, models.Options{ShardSize: 2}, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		var readers []models.Subscription
		for range 5 {
			readers = append(readers, db.Reader("outage/messages-down:all"))
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		for range 2 {
			for _, reader := range readers {
				report(t, db, id, reader, receipts.Shown)
			}
			report(t, db, id, readers[0], receipts.Clicked)
			report(t, db, id, readers[3], receipts.Clicked)
			report(t, db, id, readers[4], receipts.Dismissed)
			receiptsAre(t, db, id, 5, 2, 1) // also when they come again after they were written
		}
	})
}

func TestAReceiptThatProvesNothingIsIgnored(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		ctx := t.Context()
		db.Outage("messages-down", "messenger")
		reader := db.Reader("outage/messages-down:all")
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		late := db.Reader("outage/messages-down:all") // in no shard
		other := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		proof := proofOf(t, db, id, reader.ID)
		wrong := []models.Receipt{
			{AlertID: other, Proof: proof, Event: receipts.Shown},
			{AlertID: id, Proof: proofOf(t, db, other, reader.ID), Event: receipts.Shown},
			{AlertID: id, Proof: proofOf(t, db, id, late.ID), Event: receipts.Shown},
			{AlertID: 99, Proof: proofOf(t, db, 99, reader.ID), Event: receipts.Shown},
			{AlertID: id, Proof: proof, Event: "swallowed"},
			{AlertID: id, Proof: "", Event: receipts.Shown},
			{AlertID: id, Proof: proof + "\n", Event: receipts.Shown},
			{AlertID: id, Proof: "A" + proof, Event: receipts.Shown},
			{AlertID: id, Proof: proof[:len(proof)-1], Event: receipts.Shown},
			{AlertID: id, Proof: strings.Repeat("A", 10_000), Event: receipts.Shown},
			{AlertID: id, Proof: "<script>", Event: receipts.Shown},
		}
		if err := db.RecordReceipts(ctx, wrong...); err != nil {
			t.Fatal(err)
		}
		receiptsAre(t, db, id, 0, 0, 0)
		receiptsAre(t, db, other, 0, 0, 0)
		if err := db.RecordReceipts(ctx, append(wrong, models.Receipt{AlertID: id, Proof: proof, Event: receipts.Shown})...); err != nil {
			t.Fatal(err)
		}
		receiptsAre(t, db, id, 1, 0, 0)
	})
}

func TestAReceiptIsRefusedWithoutTheDatabase(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		store, err := models.Open(t.Context(), models.Options{URL: db.URL})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.ReceiptKey(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		if err := store.RecordReceipts(t.Context(), models.Receipt{AlertID: 1, Proof: "forged", Event: receipts.Shown}); err != nil {
			t.Error(err)
		}
	})
}

// Any process may make the key, and any other must know it.
func TestProcessesThatStartTogetherHaveOneReceiptKey(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		const processes = 6
		proofs := make([]string, processes)
		var all sync.WaitGroup
		for i := range processes {
			store := openAgain(t, db)
			all.Go(func() {
				key, err := store.ReceiptKey(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				proofs[i] = string(key.Append(nil, 7, 9))
			})
		}
		all.Wait()
		for i, proof := range proofs {
			if proof == "" || proof != proofs[0] {
				t.Errorf("process %d makes %q; the first %q", i, proof, proofs[0])
			}
		}
	})
}

func TestProcessesThatCountTheSameShardLoseNothing(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		const processes, each = 4, 10
		var readers []models.Subscription
		for range processes * each {
			readers = append(readers, db.Reader("outage/messages-down:all"))
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		var all sync.WaitGroup
		for i := range processes {
			process := *db
			process.Store = openAgain(t, db)
			all.Go(func() {
				for _, reader := range readers[i*each : (i+1)*each] {
					report(t, &process, id, reader, receipts.Shown)
					if err := process.FlushReceipts(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		receiptsAre(t, db, id, processes*each, 0, 0)
	})
}

func TestReceiptsAreWrittenByThemselvesAndWhenTheStoreCloses(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		first, second := db.Reader("outage/messages-down:all"), db.Reader("outage/messages-down:all")
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		report(t, db, id, first, receipts.Shown)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for countsOf(t, db, id).Shown == 0 {
			if ctx.Err() != nil {
				t.Fatal("nobody wrote the receipt")
			}
		}
		process := *db
		store, err := models.Open(t.Context(), models.Options{URL: db.URL, Now: db.Clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		process.Store = store
		report(t, &process, id, second, receipts.Clicked)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		receiptsAre(t, db, id, 1, 1, 0)
	})
}

func TestReceiptsThatCannotBeWrittenAreKeptForTheNextTime(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		reader := db.Reader("outage/messages-down:all")
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		report(t, db, id, reader, receipts.Shown)
		given, giveUp := context.WithCancel(t.Context())
		giveUp()
		if err := db.FlushReceipts(given); err == nil {
			t.Fatal("receipts were written without the time for it")
		}
		receiptsAre(t, db, id, 1, 0, 0)
	})
}

func TestReceiptsThatCannotBeReadBeginAnew(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		first, second := db.Reader("outage/messages-down:all"), db.Reader("outage/messages-down:all")
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		report(t, db, id, first, receipts.Shown)
		receiptsAre(t, db, id, 1, 0, 0)
		db.Exec("UPDATE receipts SET shown = ?", []byte("rotten"))
		receiptsAre(t, db, id, 0, 0, 0)
		report(t, db, id, second, receipts.Shown)
		receiptsAre(t, db, id, 1, 0, 0)
	})
}

func TestAReceiptIsOfOneReaderOfOneAlert(t *testing.T) {
	db := modelstest.Open(t, modelstest.SQLite)
	key, err := db.ReceiptKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		alert, reader := rapid.Int64Min(1).Draw(t, "alert"), rapid.Int64Min(1).Draw(t, "reader")
		proof := string(key.Append(nil, alert, reader))
		if got, ok := key.Reader(alert, proof); !ok || got != reader || len(proof) > receipts.MaxLength {
			t.Fatalf("%q is of %d, %v", proof, got, ok)
		}
		if _, ok := key.Reader(alert+1, proof); ok {
			t.Fatal("it is also another alert's")
		}
		at := rapid.IntRange(0, len(proof)-1).Draw(t, "at")
		forged := proof[:at] + rapid.StringMatching("[A-Za-z0-9_-]").Draw(t, "character") + proof[at+1:]
		if _, ok := key.Reader(alert, forged); ok != (forged == proof) {
			t.Fatalf("%q and %q are both receipts", proof, forged)
		}
	})
}

func TestAReceiptIsMadeWithoutAllocating(t *testing.T) {
	db := modelstest.Open(t, modelstest.SQLite)
	key, err := db.ReceiptKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	room := make([]byte, 0, receipts.MaxLength)
	var reader int64
	allocations := testing.AllocsPerRun(1000, func() { reader++; key.Append(room, 12, reader) })
	if allocations >= 1 {
		t.Errorf("%v allocations a receipt", allocations)
	}
}

// openAgain opens a test's database as another process would.
func openAgain(t *testing.T, db *modelstest.DB) *models.Store {
	t.Helper()
	store, err := models.Open(t.Context(), models.Options{URL: db.URL, Now: db.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func proofOf(t *testing.T, db *modelstest.DB, alertID, subscriptionID int64) string {
	t.Helper()
	key, err := db.ReceiptKey(t.Context())
	if err != nil {
		t.Error(err)
		return ""
	}
	return string(key.Append(nil, alertID, subscriptionID))
}

// report reports what happened to an alert in a browser.
func report(t *testing.T, db *modelstest.DB, alertID int64, reader models.Subscription, event receipts.Event) {
	t.Helper()
	receipt := models.Receipt{AlertID: alertID, Proof: proofOf(t, db, alertID, reader.ID), Event: event}
	if err := db.RecordReceipts(t.Context(), receipt); err != nil {
		t.Error(err)
	}
}

// receiptsAre writes what was reported and counts it.
func receiptsAre(t *testing.T, db *modelstest.DB, alertID int64, shown, clicked, dismissed int) {
	t.Helper()
	if err := db.FlushReceipts(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := countsOf(t, db, alertID)
	if got, want := fmt.Sprint(c.Shown, c.Clicked, c.Dismissed), fmt.Sprint(shown, clicked, dismissed); got != want {
		t.Errorf("shown, clicked and dismissed by %s; want %s", got, want)
	}
}
