package notifier

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
	"newsbell/notifier/pushservice"
	"newsbell/notifier/pushtest"
	"newsbell/notifier/webpush"
)

const everything = "outage/messages-down:all"

func TestAPublishedAlertReachesEveryFollowerOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		followers := n.readers(30, everything, "app/messenger:all")
		quiet := n.reader("outage/messages-down:resolution")
		counts := n.finished(n.publish(models.Draft{Headline: "Messages fail", Apps: []string{"messenger"}}))
		if counts != (models.Counts{Audience: 30, Accepted: 30}) {
			t.Errorf("counts = %+v", counts)
		}
		for _, follower := range followers {
			if titles := n.gets(follower, 1); !slices.Equal(titles, []string{"Messages fail"}) {
				t.Errorf("a follower got %q", titles)
			}
		}
		n.finished(n.publish(models.Draft{Kind: models.Resolution, Headline: "It's back"}))
		if titles := n.gets(quiet, 1); !slices.Equal(titles, []string{"It's back"}) {
			t.Errorf("the reader who waits for the resolution got %q", titles)
		}
	})
}

func TestWebPushGoReachesEveryFollowerToo(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		n.sender = func(client *http.Client) webpush.Sender { return webpush.NewReferenceSender(client) }
		n.start(1)
		followers := n.readers(30, everything)
		counts := n.finished(n.publish(models.Draft{Headline: "Messages fail"}))
		if counts != (models.Counts{Audience: 30, Accepted: 30}) {
			t.Errorf("counts = %+v", counts)
		}
		for _, follower := range followers {
			if titles := n.gets(follower, 1); !slices.Equal(titles, []string{"Messages fail"}) {
				t.Errorf("a follower got %q", titles)
			}
		}
	})
}

func TestAnAlertOfSeveralShardsReachesEveryoneOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		readers := n.readers(12*pageSize+7, everything)
		counts := n.finished(n.publish(models.Draft{}))
		if counts.Accepted != len(readers) || counts.Remaining() != 0 {
			t.Errorf("counts = %+v; want %d accepted", counts, len(readers))
		}
		for i, reader := range readers {
			if got := len(reader.Messages()); got != 1 {
				t.Fatalf("reader %d got %d messages", i, got)
			}
		}
	})
}

func TestThePushServicesWordIsTakenForEachSubscription(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		gone, refused, accepted := n.reader(everything), n.reader(everything), n.reader(everything)
		gone.Unsubscribe()
		n.service.Script(refused.Endpoint(), pushtest.Answer{Status: 400, Body: "no"})
		id := n.publish(models.Draft{})
		if counts := n.finished(id); counts != (models.Counts{Audience: 3, Accepted: 1, Gone: 1, Failed: 1}) {
			t.Errorf("counts = %+v", counts)
		}
		n.gets(accepted, 1)
		// The gone one is not asked again, the refused one is.
		if counts := n.finished(n.publish(models.Draft{})); counts != (models.Counts{Audience: 2, Accepted: 2}) {
			t.Errorf("counts of the next alert = %+v", counts)
		}
	})
}

func TestWhatMaySucceedLaterIsTriedAgainWhenItIsDue(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		reader := n.reader(everything)
		n.service.Script(reader.Endpoint(), pushtest.Answer{Status: 500}, pushtest.Answer{Reset: true})
		id := n.publish(models.Draft{})
		counts := n.until(id, func(a models.Alert, _ models.Counts) bool {
			n.Clock.Advance(time.Second)
			return a.FinishedAt != nil
		})
		if counts != (models.Counts{Audience: 1, Accepted: 1}) {
			t.Errorf("counts = %+v", counts)
		}
		if tries := n.service.Stats().Requests; tries != 3 {
			t.Errorf("%d requests; want a try and two more", tries)
		}
		n.gets(reader, 1)
	})
}

func TestOneReadersLongRetryDelaysNoOtherReader(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		patient, hasty := n.reader(everything), n.reader(everything)
		n.service.Script(patient.Endpoint(), pushtest.Answer{Status: 503, RetryAfter: "1800"})
		n.service.Script(hasty.Endpoint(), pushtest.Answer{Status: 503})
		id := n.publish(models.Draft{})
		n.until(id, func(_ models.Alert, c models.Counts) bool { return c.Waiting == 2 })
		n.Clock.Advance(10 * time.Second)
		n.gets(hasty, 1)
		if counts := n.until(id, func(_ models.Alert, c models.Counts) bool { return c.Accepted == 1 }); counts.Waiting != 1 {
			t.Errorf("counts = %+v; want the patient one to wait", counts)
		}
		n.Clock.Advance(35 * time.Minute) // and up to an eighth more than asked
		if counts := n.finished(id); counts != (models.Counts{Audience: 2, Accepted: 2}) {
			t.Errorf("counts = %+v", counts)
		}
		if tries := n.service.Stats().Requests; tries != 4 {
			t.Errorf("%d requests; want two of each", tries)
		}
	})
}

func TestRetriesAreGivenUpAtTheDeadline(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		reader := n.reader(everything)
		n.service.Script(reader.Endpoint(), slices.Repeat([]pushtest.Answer{{Status: 503}}, 10)...)
		id := n.publish(models.Draft{})
		n.until(id, func(_ models.Alert, c models.Counts) bool { return c.Waiting == 1 })
		n.Clock.Advance(2 * time.Hour)
		if counts := n.finished(id); counts != (models.Counts{Audience: 1, Failed: 1}) {
			t.Errorf("counts = %+v", counts)
		}
	})
}

func TestAStopLeavesTheRestUntriedWithExactCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		readers := n.readers(7*pageSize+7, everything)
		slow := make(chan struct{})
		n.service.Faults(func(string) *pushtest.Answer {
			select {
			case <-slow:
				return nil
			default:
				return &pushtest.Answer{Delay: 50 * time.Millisecond, Swallow: true}
			}
		})
		id := n.publish(models.Draft{})
		n.until(id, func(a models.Alert, _ models.Counts) bool { return a.State == models.Sending })
		if err := n.StopAlert(t.Context(), id, "test"); err != nil {
			t.Fatal(err)
		}
		close(slow)
		counts := n.finished(id)
		if counts.Accepted > 2*pageSize || counts.Failed+counts.Gone+counts.Waiting != 0 {
			t.Errorf("counts = %+v; want at most the page in flight of each worker", counts)
		}
		if accepted := n.service.Stats().Accepted; accepted != counts.Accepted {
			t.Errorf("the push service accepted %d, the counts say %d of %d", accepted, counts.Accepted, len(readers))
		}
	})
}

func TestARestartGoesOnWhereTheLastProcessStopped(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		readers := n.readers(7*pageSize+7, everything)
		begun := make(chan struct{})
		var once sync.Once
		n.service.Faults(func(string) *pushtest.Answer {
			once.Do(func() { close(begun) })
			return &pushtest.Answer{Late: 200 * time.Millisecond} // as push services do
		})
		id := n.publish(models.Draft{})
		<-begun
		n.stop() // in the middle of a page
		n.start(3)
		if counts := n.finished(id); counts.Accepted != len(readers) {
			t.Errorf("counts = %+v; want %d accepted", counts, len(readers))
		}
		for i, reader := range readers {
			if got := len(reader.Messages()); got != 1 {
				t.Fatalf("reader %d got the alert %d times", i, got)
			}
		}
	})
}

func TestABusyProcessGoesOnAtOnceWithWhatAnotherGivesBack(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		n.timeout = patience
		n.options = func(o *Options) { o.Push.Silence = patience }
		stop := n.start(1)
		n.start(1)
		readers := n.readers(4*5*pageSize, everything)
		answer := make(chan struct{})
		n.service.Faults(func(string) *pushtest.Answer {
			<-answer
			return nil
		})
		id := n.publish(models.Draft{})
		n.claimed(id, 4) // two shards each, of which no page ends
		stop()
		n.claimed(id, 6) // while the other process has its own two
		close(answer)
		if counts := n.finished(id); counts.Accepted != len(readers) {
			t.Errorf("counts = %+v; want %d accepted", counts, len(readers))
		}
	})
}

func TestCorruptLedgersStopNoAlertAndLoseNoReader(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		readers := n.readers(7*pageSize+7, everything)
		n.service.Script(readers[0].Endpoint(), pushtest.Answer{Status: 503})
		begun := make(chan struct{})
		var once sync.Once
		n.service.Faults(func(endpoint string) *pushtest.Answer {
			if endpoint == readers[2*pageSize].Endpoint() {
				once.Do(func() { close(begun) }) // the first page of its shard has been recorded
			}
			return nil
		})
		id := n.publish(models.Draft{})
		<-begun
		n.stop()
		n.Exec("UPDATE shards SET ledger = ?", []byte("rotten"))
		n.start(1)
		counts := n.until(id, func(a models.Alert, _ models.Counts) bool {
			n.Clock.Advance(time.Second)
			return a.FinishedAt != nil
		})
		if counts != (models.Counts{Audience: len(readers), Accepted: len(readers)}) {
			t.Errorf("counts = %+v; want everybody", counts)
		}
		for i, reader := range readers {
			if len(reader.Messages()) == 0 {
				t.Errorf("reader %d was missed", i)
			}
		}
		entries, err := n.AuditEntries(t.Context(), 1)
		if err != nil || len(entries) != 1 || entries[0].Action != "rebuild ledger" {
			t.Errorf("audit = %+v, %v; want the rebuilding", entries, err)
		}
	})
}

func TestALostQueueLosesNoAlert(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		reader := n.reader(everything)
		id := n.publish(models.Draft{})
		n.PlanAll(id) // and then its process and its queue died
		n.bus.Close()
		bus, err := StartBus()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(bus.Close)
		n.bus = bus
		n.start(1)
		if counts := n.finished(id); counts.Accepted != 1 {
			t.Errorf("counts = %+v", counts)
		}
		n.gets(reader, 1)
	})
}

func TestEachSubscriptionIsSignedForWithItsOwnKey(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		before := n.reader(everything)
		private, public, err := webpush.GenerateVAPIDKeys()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.AddVAPIDKey(t.Context(), public, private); err != nil {
			t.Fatal(err)
		}
		after := n.reader(everything)
		if counts := n.finished(n.publish(models.Draft{})); counts != (models.Counts{Audience: 2, Accepted: 2}) {
			t.Errorf("counts = %+v", counts)
		}
		n.gets(before, 1)
		n.gets(after, 1)
	})
}

func TestAKeyThatIsRepairedInTimeLosesNoReader(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		const size = 3 * 50
		n.readers(size, everything)
		n.service.Faults(func(string) *pushtest.Answer {
			return &pushtest.Answer{Status: 401, Body: `{"message":"VAPID public key mismatch"}`}
		})
		id := n.publish(models.Draft{})
		n.until(id, func(_ models.Alert, c models.Counts) bool { return c.Waiting == size })
		if asked := n.service.Stats().Requests; asked < 50 || asked >= size {
			t.Errorf("%d requests; want a host that is paused", asked)
		}
		n.service.Faults(nil)
		n.stop()
		n.start(1)
		n.Clock.Advance(2 * refusedFor)
		if counts := n.finished(id); counts != (models.Counts{Audience: size, Accepted: size}) {
			t.Errorf("counts = %+v; want everybody", counts)
		}
	})
}

func TestAReaderWhoseKeyIsRefusedTwiceHasFailedAndIsKept(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		reader := n.reader(everything)
		forbidden := pushtest.Answer{Status: 403}
		n.service.Script(reader.Endpoint(), forbidden, forbidden)
		id := n.publish(models.Draft{})
		n.until(id, func(_ models.Alert, c models.Counts) bool { return c.Waiting == 1 })
		n.Clock.Advance(2 * refusedFor)
		if counts := n.finished(id); counts != (models.Counts{Audience: 1, Failed: 1}) {
			t.Errorf("counts = %+v; want a failure", counts)
		}
		if counts := n.finished(n.publish(models.Draft{})); counts != (models.Counts{Audience: 1, Accepted: 1}) {
			t.Errorf("counts of the next alert = %+v", counts)
		}
	})
}

func TestAPushServiceThatHangsDelaysNoOtherReaderOfTheShard(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		clock := &modelstest.Clock{}
		clock.Advance(time.Hour)
		n.options = func(o *Options) { o.Push.Now = clock.Now }
		var pool *pushservice.Pool
		n.adjust = func(notifier *Notifier) { pool = notifier.pool }
		n.start(1)
		const pages = 3
		var lucky, stuck []*pushtest.Reader
		for range pages * pageSize / 2 {
			lucky = append(lucky, n.reader(everything))
			stuck = append(stuck, n.readerAt(n.other, everything))
		}
		hanging := make(chan struct{}, len(stuck))
		n.other.Faults(func(string) *pushtest.Answer {
			hanging <- struct{}{}
			return &pushtest.Answer{Hang: true}
		})
		id := n.publish(models.Draft{})
		for i := range pageSize / 2 {
			<-hanging
			n.gets(lucky[i], 1)
		}
		until(t, func() bool { return pool.State(hostOf(n.service)).InFlight == 0 })
		clock.Advance(5 * time.Second)
		for _, reader := range lucky {
			n.gets(reader, 1)
		}
		n.until(id, func(_ models.Alert, c models.Counts) bool { return c.Accepted == len(lucky) && c.Waiting == len(stuck) })
		if asked := n.other.Stats().Requests; asked != pageSize/2 {
			t.Errorf("%d requests to a host that hangs; want those of the first page", asked)
		}
		n.other.Faults(nil)
		clock.Advance(2 * time.Second)
		counts := n.until(id, func(a models.Alert, _ models.Counts) bool {
			n.Clock.Advance(time.Second)
			return a.FinishedAt != nil
		})
		if counts.Accepted != len(lucky)+len(stuck) {
			t.Errorf("counts = %+v; want everybody once the host is back", counts)
		}
	})
}
