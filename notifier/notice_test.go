package notifier

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/events"
	"newsbell/models/modelstest"
	"newsbell/notifier/pushtest"
)

func TestANoticeReachesItsReaderAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		reader, sub := n.subscriberAt(n.service, everything)
		bystander := n.reader(everything)
		later := n.Now().Add(time.Hour) // it is sent during a pause too
		if _, err := n.ChangeSubscription(t.Context(), sub, models.SubscriptionChange{PausedUntil: &later}); err != nil {
			t.Fatal(err)
		}
		notice := n.answered(n.notify(sub, models.TestNotice))
		modelstest.Check(t, "the notice", modelstest.Facts{
			"state":       {notice.State, models.NoticeAccepted},
			"status":      {notice.Status, 201},
			"reason":      {notice.Reason, ""},
			"is answered": {notice.AnsweredAt != nil, true},
		})
		if titles := n.gets(reader, 1); !slices.Equal(titles, []string{"This is a test"}) {
			t.Errorf("the reader got %q", titles)
		}
		receipts, err := n.ReceiptKey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m := reader.Messages()[0]
		modelstest.Check(t, "the message", modelstest.Facts{
			"TTL":                    {m.TTL, time.Minute},
			"urgency":                {m.Urgency, "high"},
			"length of the Topic":    {len(m.Topic), 32},
			"has the outage's Topic": {m.Topic == receipts.Topic("outage/messages-down"), false},
		})
		if got := len(bystander.Messages()); got != 0 {
			t.Errorf("another reader got %d messages", got)
		}
	})
}

func TestAWelcomeNamesWhatIsFollowed(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		reader, sub := n.subscriberAt(n.service, everything, "app/messenger:key")
		n.answered(n.notify(sub, models.WelcomeNotice))
		n.gets(reader, 1)
		var payload declarative
		m := reader.Messages()[0]
		if err := json.Unmarshal(m.Plaintext, &payload); err != nil {
			t.Fatal(err)
		}
		if shown := payload.Notification; shown.Title != "You’ll get alerts here" || shown.Body != "Following messenger and 1 outage. This is how it will look." {
			t.Errorf("shown = %+v", shown)
		}
		if m.TTL != time.Hour {
			t.Errorf("TTL = %s; want an hour", m.TTL)
		}
	})
}

func TestTheBusWakesADeskThatDoesNotSweep(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		n.adjust = func(notifier *Notifier) { notifier.sweep = time.Hour }
		n.start(1)
		_, sub := n.subscriberAt(n.service)
		for range 3 { // the first one may be found at the start
			if notice := n.answered(n.notify(sub, models.TestNotice)); notice.State != models.NoticeAccepted {
				t.Errorf("notice = %+v", notice)
			}
		}
	})
}

func TestASweepFindsTheNoticeThatTheBusLost(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		reader, sub := n.subscriberAt(n.service)
		notice, err := n.CreateNotice(t.Context(), sub, models.TestNotice)
		if err != nil {
			t.Fatal(err)
		}
		n.answered(notice)
		n.gets(reader, 1)
	})
}

func TestARefusedNoticeSaysWhatThePushServiceSaid(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		for _, c := range []struct {
			answer pushtest.Answer
			reason string
			needs  bool // to subscribe again
		}{
			{pushtest.Answer{Status: 400, Body: `{"reason":"BadWebPushTopic"}`}, "BadWebPushTopic", false},
			{pushtest.Answer{Status: 401, Body: `{"message":"VAPID public key mismatch"}`}, "VAPID public key mismatch", true},
			{pushtest.Answer{Status: 503, RetryAfter: "90"}, "Service Unavailable", false}, // longer than a test lives
		} {
			reader, sub := n.subscriberAt(n.service)
			n.service.Script(reader.Endpoint(), c.answer)
			notice := n.answered(n.notify(sub, models.TestNotice))
			modelstest.Check(t, "the notice", modelstest.Facts{
				"state":  {notice.State, models.NoticeFailed},
				"status": {notice.Status, c.answer.Status},
				"reason": {notice.Reason, c.reason},
			})
			kept, err := n.ChangeSubscription(t.Context(), sub, models.SubscriptionChange{})
			if err != nil || kept.NeedsResubscribe != c.needs {
				t.Errorf("after %d: subscription = %+v, %v", c.answer.Status, kept, err)
			}
		}
	})
}

// What a reader sees names no address of the local network.
func TestANoticeThatMeetsABrokenNetworkSaysSoInSafeWords(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		_, sub := n.subscriberAt(n.other)
		if err := n.other.Close(); err != nil {
			t.Fatal(err)
		}
		notice := n.recorded(n.notify(sub, models.TestNotice), 0)
		if notice.Status != 0 || notice.Reason != "it refuses connections" {
			t.Errorf("notice = %+v", notice)
		}
	})
}

func TestANoticeToAGoneAddressFailsAndItsReaderStays(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		reader, sub := n.subscriberAt(n.service)
		reader.Unsubscribe()
		notice := n.notify(sub, models.TestNotice)
		if notice := n.answered(notice); notice.State != models.NoticeFailed || notice.Status != 410 {
			t.Errorf("notice = %+v; want it failed with 410", notice)
		}
		if kept, err := n.ChangeSubscription(t.Context(), sub, models.SubscriptionChange{}); err != nil || kept.GoneAt == nil {
			t.Errorf("subscription = %+v, %v; want it kept, without an address", kept, err)
		}
	})
}

func TestANoticeOfAWorkerThatDiedIsSentByTheNext(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		reader, sub := n.subscriberAt(n.service)
		notice := n.notify(sub, models.TestNotice)
		if claimed, err := n.ClaimNotices(t.Context(), 10); err != nil || len(claimed) != 1 {
			t.Fatalf("claimed %+v, %v; want the notice", claimed, err)
		}
		n.start(1) // and the one that has the claim answers nothing
		n.Clock.Advance(30 * time.Second)
		if notice := n.answered(notice); notice.State != models.NoticeAccepted || notice.Epoch != 2 {
			t.Errorf("notice = %+v; want it accepted at the second claim", notice)
		}
		if m := reader.Messages(); len(m) != 1 || m[0].TTL != 30*time.Second {
			t.Errorf("the reader got %+v; want it once, for the rest of its minute", m)
		}
	})
}

func TestAShutdownGivesANoticeBackAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		n.timeout = patience // the push is in flight when the process stops
		n.options = func(o *Options) { o.Push.Silence = patience }
		stop := n.start(1)
		_, sub := n.subscriberAt(n.service)
		begun := make(chan struct{}, 1)
		n.service.Faults(func(string) *pushtest.Answer {
			begun <- struct{}{}
			return &pushtest.Answer{Hang: true}
		})
		notice := n.notify(sub, models.TestNotice)
		<-begun
		stop()
		n.service.Faults(nil)
		n.start(1)
		if notice := n.answered(notice); notice.State != models.NoticeAccepted {
			t.Errorf("notice = %+v", notice)
		}
	})
}

func TestANoticeIsTriedAgainUntilItsDeadline(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		for _, c := range []struct {
			failures int
			want     models.NoticeState
			tries    int64 // at once, and after 5, 10 and 20 s and up to a half more
			status   int
			reason   string
		}{
			{2, models.NoticeAccepted, 3, 201, ""},
			{10, models.NoticeFailed, 4, 503, "Service Unavailable"},
		} {
			reader, sub := n.subscriberAt(n.service)
			n.service.Script(reader.Endpoint(), slices.Repeat([]pushtest.Answer{{Status: 503}}, c.failures)...)
			made := n.notify(sub, models.TestNotice)
			notice := made
			for notice.AnsweredAt == nil {
				notice = n.recorded(made, notice.Epoch)
				n.Clock.Advance(notice.DueAt.Sub(n.Now()))
			}
			modelstest.Check(t, fmt.Sprintf("the notice of %+v", c), modelstest.Facts{
				"state":  {notice.State, c.want},
				"tries":  {notice.Epoch, c.tries},
				"status": {notice.Status, c.status},
				"reason": {notice.Reason, c.reason},
			})
		}
	})
}

func TestOfManyWorkersOneSendsANotice(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.start(3)
		const size = 40
		var notices []models.Notice
		for range size {
			_, sub := n.subscriberAt(n.service)
			notices = append(notices, n.notify(sub, models.TestNotice))
		}
		for _, notice := range notices {
			if notice := n.answered(notice); notice.State != models.NoticeAccepted || notice.Epoch != 1 {
				t.Errorf("notice = %+v; want it accepted at the first claim", notice)
			}
		}
		if sent := n.service.Stats().Requests; sent != size {
			t.Errorf("%d pushes for %d notices", sent, size)
		}
	})
}

func TestAPushServiceThatHangsDelaysNoOthersNotice(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		n.timeout = patience
		n.options = func(o *Options) { o.Push.Silence = patience }
		n.other.Faults(func(string) *pushtest.Answer { return &pushtest.Answer{Hang: true} })
		_, stuck := n.subscriberAt(n.other)
		_, lucky := n.subscriberAt(n.service)
		waits, goes := n.notify(stuck, models.WelcomeNotice), n.notify(lucky, models.WelcomeNotice)
		n.start(1) // which claims both together
		n.answered(goes)
		if notice, err := n.Notice(t.Context(), stuck, waits.ID); err != nil || notice.Epoch != 1 || !n.isClaimed(notice) {
			t.Errorf("the other host's notice = %+v, %v; want it in flight", notice, err)
		}
	})
}

func TestAPushServiceThatHangsLeavesRoomForOthersNotices(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		n.timeout = patience
		n.options = func(o *Options) { o.Push.Silence = patience }
		n.other.Faults(func(string) *pushtest.Answer { return &pushtest.Answer{Hang: true} })
		_, stuck := n.subscriberAt(n.other)
		_, lucky := n.subscriberAt(n.service)
		for range noticesAtOnce + 1 {
			if _, err := n.CreateNotice(t.Context(), stuck, models.TestNotice); err != nil {
				t.Fatal(err)
			}
		}
		last := n.notify(lucky, models.TestNotice)
		n.start(1)
		if notice := n.answered(last); notice.State != models.NoticeAccepted || n.other.Stats().Requests == 0 {
			t.Errorf("notice = %+v, beside %d that hang", notice, n.other.Stats().Requests)
		}
	})
}

// notify makes a notice and says so on the bus.
func (n *installation) notify(sub models.Subscription, kind models.NoticeKind) models.Notice {
	n.t.Helper()
	notice, err := n.CreateNotice(context.Background(), sub, kind)
	if err != nil {
		n.t.Fatal(err)
	}
	if err := n.bus.Conn.Publish(events.SubjectNotices, nil); err != nil {
		n.t.Fatal(err)
	}
	return notice
}

// answered waits until a notice has been accepted or has failed.
func (n *installation) answered(notice models.Notice) models.Notice {
	n.t.Helper()
	return n.untilNotice(notice, func(found models.Notice, err error) bool { return err == nil && found.AnsweredAt != nil })
}

// recorded waits until another try than the last one has been recorded.
func (n *installation) recorded(notice models.Notice, last int64) models.Notice {
	n.t.Helper()
	return n.untilNotice(notice, func(found models.Notice, err error) bool {
		return err == nil && found.Epoch > last && !n.isClaimed(found)
	})
}

// isClaimed reports whether nothing of the last claim, made now, is recorded.
func (n *installation) isClaimed(notice models.Notice) bool {
	const claim = 20 * time.Second
	return notice.AnsweredAt == nil && notice.DueAt.Equal(n.Now().Add(claim))
}

// untilNotice waits for a state of a notice.
func (n *installation) untilNotice(made models.Notice, ready func(models.Notice, error) bool) models.Notice {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		found, err := n.Notice(ctx, models.Subscription{ID: made.SubscriptionID}, made.ID)
		if ready(found, err) {
			return found
		}
		if pauseErr := pause(ctx, 5*time.Millisecond); pauseErr != nil {
			n.t.Fatalf("notice is %+v, %v: %v", found, err, pauseErr)
		}
	}
}
