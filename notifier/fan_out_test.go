package notifier

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
	"newsbell/notifier/pushservice"
	"newsbell/notifier/webpush"
)

func TestStaleSubscriptionsNeverDelayGoodOnes(t *testing.T) {
	modelstest.FewerChecks(t, 20)
	rapid.Check(t, func(rt *rapid.T) {
		good, stale := rapid.IntRange(1, 300).Draw(rt, "good"), rapid.IntRange(0, 1500).Draw(rt, "stale")
		known := rapid.SampledFrom([]string{"the accepted readers", "nothing", "that all were accepted"}).Draw(rt, "known")
		if known != "the accepted readers" { // where a sample must find them
			good = max(good, stale/3)
		}
		f := newFanOut(rt, rapid.IntRange(1, 64).Draw(rt, "in flight"))
		defer f.stop()
		for range good {
			f.add(201, known != "nothing")
		}
		for i := range stale {
			f.add([]int{401, 403, 400}[i%3], known == "that all were reached")
		}
		switch rapid.SampledFrom([]string{"stale first", "good first", "mixed"}).Draw(rt, "order") {
		case "stale first":
			slices.Reverse(f.subscribers)
		case "mixed":
			rand.Shuffle(len(f.subscribers), func(i, j int) { f.subscribers[i], f.subscribers[j] = f.subscribers[j], f.subscribers[i] })
		}
		f.publish(rapid.SampledFrom([]int{50, 200, 1000}).Draw(rt, "page size"))
		f.run(5 * time.Second)
		for i, s := range f.subscribers {
			if s.status == 201 && s.accepted != 1 {
				rt.Fatalf("subscriber %d of %d good and %d stale was reached %d times in 5 s", i, good, stale, s.accepted)
			}
		}
	})
}

func TestARefusedKeyStopsTheFloodBlamesNobodyAndRecovers(t *testing.T) {
	modelstest.FewerChecks(t, 20)
	rapid.Check(t, func(rt *rapid.T) {
		inFlight := rapid.IntRange(1, 64).Draw(rt, "in flight")
		f := newFanOut(rt, inFlight)
		defer f.stop()
		reached := rapid.IntRange(0, 2).Draw(rt, "accepted readers")
		for i := range rapid.IntRange(300, 1500).Draw(rt, "subscribers") {
			f.add(201, reached*i%2 == 0)
		}
		size := rapid.SampledFrom([]int{50, 200, 1000}).Draw(rt, "page size")
		if rapid.Bool().Draw(rt, "an alert went well before") {
			f.publish(size)
			f.run(time.Second)
			f.forget()
			for _, s := range f.subscribers {
				s.reached = true
			}
		}
		f.fault = rapid.SampledFrom([]int{401, 403, 400}).Draw(rt, "status")
		f.publish(size)
		f.run(2 * time.Second)
		flood := requestsInDoubt + inFlight
		if f.requests > flood {
			rt.Fatalf("%d requests; want no more than %d", f.requests, flood)
		}
		const wrongFor = 20 * time.Minute
		f.run(wrongFor)
		if most := flood + 10*(int(wrongFor/time.Minute)+10) + f.again; f.requests > most {
			rt.Fatalf("%d requests in %s; want no more than %d", f.requests, wrongFor, most)
		}
		for _, s := range f.subscribers {
			if s.blamed > 0 {
				rt.Fatal("a subscription is blamed for a key that is refused")
			}
		}
		f.fault = 0
		f.run(3 * time.Minute)
		for i, s := range f.subscribers {
			if s.accepted != 1 {
				rt.Fatalf("subscriber %d of %d was reached %d times after the key was repaired", i, len(f.subscribers), s.accepted)
			}
		}
	})
}

func TestAKeyThatIsRefusedInTheMiddleOfAnAlertToStaleSubscriptionsStopsTheFlood(t *testing.T) {
	modelstest.FewerChecks(t, 20)
	rapid.Check(t, func(rt *rapid.T) {
		inFlight := rapid.IntRange(1, 64).Draw(rt, "in flight")
		f := newFanOut(rt, inFlight)
		defer f.stop()
		stale, good := rapid.IntRange(100, 1500).Draw(rt, "stale"), rapid.IntRange(400, 1500).Draw(rt, "good")
		for i := range stale {
			f.add([]int{401, 403, 400}[i%3], false)
		}
		for range good {
			f.add(201, true)
		}
		f.brokenAfter = rapid.IntRange(0, good/2).Draw(rt, "accepted before the key is refused")
		f.breaksBetweenPages = rapid.Bool().Draw(rt, "the key breaks between two pages")
		f.publish(rapid.SampledFrom([]int{50, 200, 1000}).Draw(rt, "page size"))
		f.run(4 * time.Second)
		flood := requestsInDoubt + inFlight
		if !f.breaksBetweenPages && inFlight > 1 {
			// The last acceptance may be on its way while others are refused. When the pool
			// hears of it, it counts anew, unless it doubts the key by then.
			flood += refusalsInARow - 1
		}
		if f.inVain > flood {
			rt.Fatalf("%d requests to good subscriptions were refused; want no more than %d", f.inVain, flood)
		}
		f.brokenAfter = -1
		f.run(5 * time.Minute)
		for i, s := range f.subscribers {
			if s.status == 201 && (s.accepted != 1 || s.blamed > 0) {
				rt.Fatalf("good subscriber %d of %d was reached %d times and blamed %d times", i, len(f.subscribers), s.accepted, s.blamed)
			}
		}
	})
}

func TestARefusedKeyDoesNotStopPushesThatAreSignedWithAnother(t *testing.T) {
	f := newFanOut(t, 8)
	defer f.stop()
	for i := range 600 {
		f.add(403, true)
		if i%2 == 0 {
			f.subscribers[i].status, f.subscribers[i].key = 201, &webpush.VAPIDKey{ID: 2}
		}
	}
	f.publish(100)
	f.run(5 * time.Second)
	for _, s := range f.subscribers {
		if s.status == 201 && s.accepted != 1 || s.blamed > 0 {
			t.Fatalf("subscriber = %+v; want the good key's reached, the others kept", s)
		}
	}
}

func TestAWelcomeAndANewAlertDoNotWaitBehindRefusedPushes(t *testing.T) {
	f := newFanOut(t, 8)
	defer f.stop()
	for range 2000 {
		f.add(403, false)
	}
	f.publish(1000)
	f.run(3 * time.Second)
	for _, of := range []pushservice.Source{{}, {ID: 2, Size: 1}} {
		newcomer := &subscriber{id: 5000 + of.ID, status: 201}
		pushed := f.job(newcomer)
		f.pool.Send(t.Context(), []pushservice.Job{pushed}, of)
		if newcomer.accepted != 1 {
			t.Errorf("a push of %+v was not sent at once", of)
		}
		f.run(30 * time.Second) // the others raise doubt again
	}
}

func TestWorkersTellEachOtherOfAKeyThatIsRefused(t *testing.T) {
	first, second := newFanOut(t, 8), newFanOut(t, 8)
	defer first.stop()
	defer second.stop()
	for range 500 {
		first.add(401, true)
	}
	second.subscribers = first.subscribers
	first.publish(100)
	first.run(0)
	refused := first.broadcast(func(pushservice.Event) bool { return true })
	if len(refused.RefusedKeys) != 1 {
		t.Fatalf("broadcast %+v; want the key", refused)
	}
	second.pool.Hear(refused)
	second.publish(100)
	second.run(time.Second)
	if second.requests > 20 {
		t.Errorf("the second worker made %d requests", second.requests)
	}
	for _, s := range first.subscribers {
		s.status = 201
	}
	first.run(2 * time.Minute)
	second.pool.Hear(first.broadcast(func(e pushservice.Event) bool { return len(e.AcceptedKeys) == 1 }))
	second.run(2 * refusedFor)
	if len(second.waiting) > 0 {
		t.Errorf("%d subscribers wait in the second worker although the key is accepted", len(second.waiting))
	}
}

func TestAWorkerThatLearnsThatOthersAreAcceptedEndsTheRefused(t *testing.T) {
	f := newFanOut(t, 8)
	defer f.stop()
	for range 700 {
		f.add(401, true)
	}
	f.pool.Hear(pushservice.Event{Host: "push.example", AcceptedKeys: []int64{f.key.ID}})
	f.publish(100)
	f.run(2 * refusedFor)
	for _, s := range f.subscribers {
		if s.blamed != 1 {
			t.Fatalf("a subscription is blamed %d times, with %d waiting; want each to have failed", s.blamed, len(f.waiting))
		}
	}
}

// requestsInDoubt is how many requests, beside those in flight, a VAPID key that is
// refused costs at most: 50 that raise doubt, 40 of a sample, and 10 probes.
const requestsInDoubt = 100

// refusalsInARow raise a doubt.
const refusalsInARow = 50

// fanOut sends alerts through a pool to a push service without a network, as
// one worker does, on the clock of a test.
type fanOut struct {
	t           fataler
	pool        *pushservice.Pool
	clock       *modelstest.Clock
	subscribers []*subscriber
	key         *webpush.VAPIDKey
	pageSize    int
	waiting     []waiting
	events      chan pushservice.Event
	stop        func()
	// fault is the status that everybody gets; 0: their own.
	fault int
	// brokenAfter is how many more pushes are accepted before everybody is refused;
	// below 0: all. inVain counts good subscriptions that were refused for that.
	brokenAfter, inVain int
	// breaksBetweenPages lets the page be accepted in which brokenAfter reaches 0; broken
	// says that this page has ended.
	breaksBetweenPages, broken bool

	mu       sync.Mutex
	byID     map[int64]*subscriber
	alert    int64
	requests int
	again    int // tries of subscribers that were refused before
}

type fataler interface {
	Fatalf(string, ...any)
	Helper()
}

// subscriber is one with the status that their pushes get.
type subscriber struct {
	id                        int64
	status                    int
	reached                   bool
	key                       *webpush.VAPIDKey
	accepted, refused, blamed int
}

// waiting is a subscriber that is waiting for a try.
type waiting struct {
	*subscriber
	due   time.Time
	tries int
}

func newFanOut(t fataler, inFlight int) *fanOut {
	f := &fanOut{t: t, clock: &modelstest.Clock{}, key: &webpush.VAPIDKey{ID: 1}, brokenAfter: -1, events: make(chan pushservice.Event, 100), byID: map[int64]*subscriber{}}
	f.clock.Advance(24 * time.Hour)
	f.pool = pushservice.NewPool(pushservice.Options{Sender: f, InFlight: inFlight, Now: f.clock.Now})
	f.stop = f.pool.Start(func(e pushservice.Event) {
		select {
		case f.events <- e:
		default: // nobody listens
		}
	})
	return f
}

func (f *fanOut) add(status int, reached bool) {
	f.subscribers = append(f.subscribers, &subscriber{id: int64(len(f.subscribers)), status: status, reached: reached, key: f.key})
}

// publish begins an alert.
func (f *fanOut) publish(pageSize int) {
	f.alert++
	f.pageSize = pageSize
	for _, s := range f.subscribers {
		f.waiting = append(f.waiting, waiting{subscriber: s, due: f.clock.Now()})
	}
}

// forget forgets which subscribers were accepted, for another alert.
func (f *fanOut) forget() {
	f.requests, f.again = 0, 0
	for _, s := range f.subscribers {
		s.accepted, s.refused, s.blamed = 0, 0, 0
	}
}

// run sends what is due for a time, page by page.
func (f *fanOut) run(for_ time.Duration) {
	end := f.clock.Now().Add(for_)
	for len(f.waiting) > 0 {
		next := slices.MinFunc(f.waiting, func(a, b waiting) int { return a.due.Compare(b.due) }).due
		if next.After(end) {
			break
		}
		f.clock.Advance(max(0, next.Sub(f.clock.Now())))
		var due []waiting
		f.waiting = slices.DeleteFunc(f.waiting, func(w waiting) bool {
			if !w.due.After(next) {
				due = append(due, w)
			}
			return !w.due.After(next)
		})
		for page := range slices.Chunk(due, f.pageSize) {
			f.send(page)
		}
	}
	f.clock.Advance(end.Sub(f.clock.Now()))
}

// broadcast waits for what the pool broadcasts to other processes.
func (f *fanOut) broadcast(match func(pushservice.Event) bool) pushservice.Event {
	f.t.Helper()
	for {
		select {
		case event := <-f.events:
			if match(event) {
				return event
			}
		case <-time.After(patience):
			f.t.Fatalf("no event was broadcast")
		}
	}
}

func (f *fanOut) send(page []waiting) {
	jobs := make([]pushservice.Job, len(page))
	for i, w := range page {
		jobs[i] = f.job(w.subscriber)
		jobs[i].TriedBefore = w.tries > 0
	}
	someReached := slices.ContainsFunc(f.subscribers, func(s *subscriber) bool { return s.reached })
	f.pool.Send(context.Background(), jobs, pushservice.Source{ID: f.alert, Size: len(f.subscribers), AnyAcceptedLately: someReached})
	f.broken = f.brokenAfter == 0
	for i, w := range page {
		result := resultOf(models.Recipient{ID: w.id}, jobs[i].Answer, w.tries, f.clock.Now())
		if result.Refused {
			w.blamed++
		}
		if result.Outcome == ledger.Waiting {
			if !result.NotAttempted {
				w.tries++
			}
			w.due = result.Due.Truncate(time.Second).Add(time.Second) // as ledgers and sweeps do
			f.waiting = append(f.waiting, w)
		}
	}
}

// verdicts are those of the statuses that a fanOut answers.
var verdicts = map[int]webpush.Verdict{201: webpush.Accepted, 400: webpush.Rejected, 401: webpush.Unauthorized, 403: webpush.Unauthorized}

// Prepare implements [Sender]: it is the push service too.
func (f *fanOut) Prepare(p *webpush.Push) webpush.Prepared {
	return func(context.Context) webpush.Answer {
		f.mu.Lock()
		defer f.mu.Unlock()
		s := f.byID[p.SubscriptionID]
		status := cmp.Or(f.fault, s.status)
		f.requests++
		switch {
		case status == 201 && f.brokenAfter == 0 && (f.broken || !f.breaksBetweenPages):
			f.inVain++
			status = 403
		case status == 201 && f.brokenAfter != 0:
			f.brokenAfter--
		}
		switch {
		case status == 201:
			s.accepted++
		case s.refused > 0:
			f.again++
			fallthrough
		default:
			s.refused++
		}
		return webpush.Answer{Status: status, Verdict: verdicts[status]}
	}
}

func (f *fanOut) job(s *subscriber) pushservice.Job {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.byID[s.id] = s
	key := s.key
	if key == nil {
		key = f.key
	}
	return pushservice.Job{AcceptedLately: s.reached, Push: webpush.Push{SubscriptionID: s.id, Endpoint: fmt.Sprintf("https://push.example/%d", s.id), Key: key}}
}
