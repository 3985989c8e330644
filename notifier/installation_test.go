package notifier

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/endpoints"
	"newsbell/models/events"
	"newsbell/models/modelstest"
	"newsbell/notifier/pushservice"
	"newsbell/notifier/pushtest"
	"newsbell/notifier/webpush"
)

// installation is a notifier with everything real around it: a store, a bus, a push
// service. Its outage is "messages-down", its app "messenger".
type installation struct {
	*modelstest.DB
	t       *testing.T
	bus     *Bus
	service *pushtest.Server
	// other is a second push service, without TLS.
	other *pushtest.Server
	hosts endpoints.Allowlist
	// sender makes what encrypts and sends. Default: the fast one.
	sender func(*http.Client) webpush.Sender
	// options change those of the notifiers, and adjust a notifier before it runs.
	options func(*Options)
	adjust  func(*Notifier)
	timeout time.Duration // of a request
	stop    func()
}

// pageSize makes a few dozen readers several pages.
const pageSize = 20

// patience bounds the waits of a test that has gone wrong.
const patience = 20 * time.Second

func newInstallation(t *testing.T, kind modelstest.Kind) *installation {
	t.Helper()
	service, err := pushtest.New(pushtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Close() })
	other, err := pushtest.New(pushtest.Options{Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	hosts, err := endpoints.NewAllowlist(service.URL(), other.URL())
	if err != nil {
		t.Fatal(err)
	}
	bus, err := StartBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	n := &installation{t: t, bus: bus, service: service, other: other, hosts: hosts, options: func(*Options) {}, adjust: func(*Notifier) {}, timeout: 2 * time.Second}
	n.sender = func(client *http.Client) webpush.Sender { return webpush.NewFastSender(client) }
	n.DB = modelstest.OpenWith(t, kind, models.Options{PushHosts: hosts, ShardSize: 5 * pageSize, PageSize: pageSize})
	n.Outage("messages-down", "messenger")
	n.stop = n.start(1)
	return n
}

// start starts a number of notifiers, as that many processes would; stop ends them.
func (n *installation) start(processes int) (stop func()) {
	n.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, processes)
	for range processes {
		client := webpush.NewClient(webpush.ClientOptions{Hosts: n.hosts, RootCAs: n.service.CertPool(), Timeout: n.timeout})
		options := Options{
			Store: n.Store, Bus: n.bus, SweepEvery: 20 * time.Millisecond, Log: slog.New(slog.NewTextHandler(n.t.Output(), nil)),
			Push:    pushservice.Options{Sender: n.sender(client), InFlight: 64},
			BaseURL: "https://news.example", VAPIDSubject: "mailto:desk@example.com", Workers: 2,
		}
		n.options(&options)
		notifier, err := New(options)
		if err != nil {
			n.t.Fatal(err)
		}
		n.adjust(notifier)
		go func() { ended <- notifier.Run(ctx) }()
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		for range processes {
			if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
				n.t.Error(err)
			}
		}
	}
	n.t.Cleanup(stop)
	return stop
}

// reader subscribes a simulated browser that follows "topic:level" pairs.
func (n *installation) reader(follows ...string) *pushtest.Reader {
	n.t.Helper()
	return n.readerAt(n.service, follows...)
}

// readerAt is a reader whose browser uses another push service.
func (n *installation) readerAt(service *pushtest.Server, follows ...string) *pushtest.Reader {
	n.t.Helper()
	reader, _ := n.subscriberAt(service, follows...)
	return reader
}

// subscriberAt is a reader with the subscription that is stored.
func (n *installation) subscriberAt(service *pushtest.Server, follows ...string) (*pushtest.Reader, models.Subscription) {
	n.t.Helper()
	reader, err := service.NewReader(n.VAPIDKey().PublicKey)
	if err != nil {
		n.t.Fatal(err)
	}
	sub, _ := n.ReaderWithSecret(models.Browser{Endpoint: reader.Endpoint(), P256DH: reader.P256DH(), Auth: reader.Auth()}, follows...)
	return reader, sub
}

func (n *installation) readers(size int, follows ...string) []*pushtest.Reader {
	n.t.Helper()
	readers := make([]*pushtest.Reader, size)
	for i := range readers {
		readers[i] = n.reader(follows...)
	}
	return readers
}

// publish publishes and says so on the bus; it returns the alert's ID.
func (n *installation) publish(d models.Draft) int64 {
	n.t.Helper()
	return n.publishIn("messages-down", d)
}

func (n *installation) publishIn(outage string, d models.Draft) int64 {
	n.t.Helper()
	d.Outage = outage
	id := n.PublishDraft(d).Alert.ID
	if err := n.bus.Conn.Publish(events.SubjectPublished, nil); err != nil {
		n.t.Fatal(err)
	}
	return id
}

// finished waits until an alert has ended and returns its counts.
func (n *installation) finished(id int64) models.Counts {
	n.t.Helper()
	return n.until(id, func(a models.Alert, _ models.Counts) bool { return a.FinishedAt != nil })
}

// until waits for a state of an alert and returns its counts.
func (n *installation) until(id int64, ready func(models.Alert, models.Counts) bool) models.Counts {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		alert, err := n.Alert(ctx, id)
		if err != nil {
			n.t.Fatal(err)
		}
		counts, err := n.Counts(ctx, alert)
		if err != nil {
			n.t.Fatal(err)
		}
		if ready(alert, counts) {
			return counts
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			n.t.Fatalf("alert is %s with %+v: %v", alert.State, counts, err)
		}
	}
}

// claimed waits until the shards of an alert have been claimed a number of times.
func (n *installation) claimed(id int64, times int64) {
	n.t.Helper()
	n.until(id, func(models.Alert, models.Counts) bool {
		shards, err := n.Shards(context.Background(), id)
		if err != nil {
			n.t.Fatal(err)
		}
		claims := int64(0)
		for _, shard := range shards {
			claims += shard.Epoch
		}
		return claims >= times
	})
}

// gets waits until a reader has a number of messages, and returns their titles.
func (n *installation) gets(r *pushtest.Reader, size int) (titles []string) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	messages, err := r.Wait(ctx, size)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, m := range messages {
		var payload declarative
		if err := json.Unmarshal(m.Plaintext, &payload); err != nil {
			n.t.Fatal(err)
		}
		titles = append(titles, payload.Notification.Title)
	}
	return titles
}

// onBoth runs a test in an installation on each database.
func onBoth(t *testing.T, test func(*testing.T, *installation)) {
	t.Helper()
	for _, kind := range []modelstest.Kind{modelstest.SQLite, modelstest.Postgres} {
		t.Run(string(kind), func(t *testing.T) { test(t, newInstallation(t, kind)) })
	}
}
