package models_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
)

func TestUnprovenSubscriptionsAreTriedAgainAfterTheFirstTryOfAllReaders(t *testing.T) {
	sizes := models.Options{ShardSize: 2, PageSize: 2}
	modelstest.OnBothWith(t, sizes, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		var readers []int64
		for range 4 { // two shards
			readers = append(readers, db.Reader("outage/messages-down:all").ID)
		}
		send := func(id int64, shard int, each ...ledger.Outcome) {
			claims := claimAll(t, db, id)
			deliver(t, db, claims[min(shard, len(claims)-1)], each...)
		}
		again := func(id int64) (readers []int64) {
			db.Clock.Advance(61 * time.Second)
			for _, p := range deliver(t, db, claimAll(t, db, id)[0], ledger.Accepted) {
				readers = append(readers, p.readers...)
			}
			return readers
		}
		before := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		send(before, 0, ledger.Accepted, ledger.Failed)
		send(before, 1, ledger.Accepted)

		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		send(id, 0, ledger.Waiting)
		if got := again(id); !slices.Equal(got, readers[:1]) {
			t.Errorf("tried again while others wait for their first try: %v; want only the one with an accepted alert, %d", got, readers[0])
		}
		send(id, 1, ledger.Accepted)
		if got := again(id); !slices.Equal(got, readers[1:2]) {
			t.Errorf("tried again after everybody's first try: %v; want %d", got, readers[1])
		}
	})
}

func TestInventedNamesLeaveRoomForPushServicesInTheReport(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		reader := func(endpoint string) {
			browser := db.Browser()
			browser.Endpoint = endpoint
			db.ReaderWithSecret(browser, "outage/messages-down:all")
		}
		var each []ledger.Outcome
		for i := range 30 {
			reader(fmt.Sprintf("https://invented-%d.push.apple.com/1", i))
			each = append(each, ledger.Failed)
		}
		for _, endpoint := range []string{"https://web.push.apple.com/1", "https://fcm.googleapis.com/fcm/send/1"} {
			reader(endpoint)
			each = append(each, ledger.Accepted)
		}
		id := db.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		claim := claimAll(t, db, id)[0]
		deliver(t, db, claim, each...)
		hostsAre(t, db, id, map[string]models.Counts{
			"*.push.apple.com":   {Failed: 30},
			"web.push.apple.com": {Accepted: 1},
			"fcm.googleapis.com": {Accepted: 1},
		})
	})
}
