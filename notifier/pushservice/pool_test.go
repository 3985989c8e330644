package pushservice

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
	"newsbell/notifier/pushtest"
	"newsbell/notifier/webpush"
)

// timeout is longer than anything that does not hang takes.
const timeout = 20 * time.Second

// testPool is a pool with real push services and a fake clock.
type testPool struct {
	*Pool
	t     *testing.T
	clock *modelstest.Clock
	key   *webpush.VAPIDKey
	// isBusy is the pool's Busy; set it before anything is sent.
	isBusy func() bool
	// told receives the pool's events.
	told chan Event
}

// newTestPool starts push services, and a pool with a limit of requests in flight.
func newTestPool(t *testing.T, services, inFlight int) (*testPool, []*pushtest.Server) {
	t.Helper()
	all := make([]*pushtest.Server, services)
	roots := x509.NewCertPool()
	var origins []string
	for i := range all {
		service, err := pushtest.New(pushtest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = service.Close() })
		roots.AppendCertsFromPEM(service.CertPEM())
		origins = append(origins, service.URL())
		all[i] = service
	}
	client := webpush.NewClient(webpush.ClientOptions{Hosts: modelstest.PushHosts(t, origins...), RootCAs: roots})
	t.Cleanup(client.CloseIdleConnections)
	return openTestPool(t, webpush.NewFastSender(client), inFlight), all
}

// openTestPool starts another pool.
func openTestPool(t *testing.T, sender webpush.Sender, inFlight int) *testPool {
	t.Helper()
	key := newKey(t)
	r := &testPool{
		isBusy: func() bool { return false },
		t:      t, clock: &modelstest.Clock{}, key: key, told: make(chan Event, 10),
	}
	r.Pool = NewPool(Options{Sender: sender, InFlight: inFlight, Busy: func() bool { return r.isBusy() }, Now: r.clock.Now})
	r.clock.Advance(24 * time.Hour)
	t.Cleanup(r.Start(func(e Event) { r.told <- e }))
	return r
}

// page returns pushes to new readers of a push service.
func (r *testPool) page(service *pushtest.Server, size int) []Job {
	r.t.Helper()
	jobs := make([]Job, size)
	for i := range jobs {
		reader, err := service.NewReader(r.key.PublicKey())
		if err != nil {
			r.t.Fatal(err)
		}
		jobs[i].Push = webpush.Push{
			SubscriptionID: int64(i), Endpoint: reader.Endpoint(), Key: r.key, Payload: []byte("news"), TTL: time.Hour,
			P256DH: raw(r.t, reader.P256DH()), Auth: raw(r.t, reader.Auth()),
		}
	}
	return jobs
}

func newKey(t *testing.T) *webpush.VAPIDKey {
	t.Helper()
	private, public, err := webpush.GenerateVAPIDKeys()
	if err != nil {
		t.Fatal(err)
	}
	key, err := webpush.NewVAPIDKey(models.VAPIDKey{ID: 1, PublicKey: public, PrivateKey: private}, "mailto:news@newsroom.org")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func raw(t *testing.T, text string) []byte {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// sends sends a page and counts its answers by status.
func (r *testPool) sends(jobs []Job) map[int]int {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), timeout)
	defer cancel()
	r.Send(ctx, jobs, Source{})
	if ctx.Err() != nil {
		r.t.Fatal("the page is not done")
	}
	return statuses(jobs)
}

// hears waits for the next event of the pool.
func (r *testPool) hears() Event {
	r.t.Helper()
	select {
	case event := <-r.told:
		return event
	case <-time.After(timeout):
		r.t.Fatal("no event")
		return Event{}
	}
}

// begins starts to send jobs; ended is closed when all have an answer.
func (r *testPool) begins(jobs []Job) (ended <-chan struct{}) {
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		r.Send(r.t.Context(), jobs, Source{})
	}()
	return sent
}

// statuses counts answers by status; 0 is for pushes without an answer.
func statuses(jobs []Job) map[int]int {
	count := map[int]int{}
	for _, j := range jobs {
		count[j.Answer.Status]++
	}
	return count
}

// always returns the same fault for each push.
func always(a pushtest.Answer) func(string) *pushtest.Answer {
	return func(string) *pushtest.Answer { return &a }
}
