package notifier

import (
	"context"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats.go/jetstream"

	"newsbell/models"
	"newsbell/models/modelstest"
	"newsbell/models/sqlitetest"
	"newsbell/notifier/pushtest"
)

func TestAPageIsSentOnceThoughTheDatabaseIsLockedWhenItIsToBeRecorded(t *testing.T) {
	n := newInstallation(t, modelstest.SQLite)
	n.stop()
	n.openAgain(models.Options{BusyTimeout: 10 * time.Millisecond})
	errors := &recordErrors{logged: make(chan struct{}, 1000)}
	n.adjust = func(notifier *Notifier) { notifier.log = slog.New(slog.NewTextHandler(errors, nil)) }
	readers := n.readers(3*pageSize, everything)
	begun, answer := n.holdAnswers()
	n.start(1)
	id := n.publish(models.Draft{})
	<-begun
	unlock, err := sqlitetest.Lock(t.Context(), n.URL)
	if err != nil {
		t.Fatal(err)
	}
	answer()
	for range 10 { // a few times in vain
		<-errors.logged
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if counts := n.finished(id); counts != (models.Counts{Audience: len(readers), Accepted: len(readers)}) {
		t.Errorf("counts = %+v; want everybody", counts)
	}
	allGotOne(t, readers)
}

func TestAQueueThatComesBackEmptyRepeatsNoPageInFlight(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.Outage("videos-down", "videos")
		other := n.reader("outage/videos-down:all")
		readers := n.readers(2*pageSize, everything)
		begun, answer := n.holdAnswers(other.Endpoint())
		id := n.publish(models.Draft{})
		<-begun
		n.loseQueue()
		n.finished(n.publishIn("videos-down", models.Draft{})) // by the new one
		answer()
		if counts := n.finished(id); counts.Accepted != len(readers) {
			t.Errorf("counts = %+v; want everybody", counts)
		}
		allGotOne(t, readers)
	})
}

func TestABusyProcessTakesAShardThatWasBegunBeforeNewOnes(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		n.timeout = patience
		n.options = func(o *Options) { o.Push.Silence = patience }
		n.adjust = func(notifier *Notifier) {
			notifier.owners.every, notifier.owners.silence = 10*time.Millisecond, 20*time.Millisecond // it is the only one
		}
		readers := n.readers(6*5*pageSize, everything)
		_, answer := n.holdAnswers()
		id := n.publish(models.Draft{})
		n.PlanAll(id)
		shards, err := n.Shards(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		last := shards[len(shards)-1].ID
		if _, err := n.Claim(t.Context(), last); err != nil { // and its worker dies
			t.Fatal(err)
		}
		n.start(1)
		n.until(id, func(models.Alert, models.Counts) bool {
			shards, err := n.Shards(context.Background(), id)
			return err == nil && shards[len(shards)-1].Epoch == 2
		})
		answer()
		if counts := n.finished(id); counts.Accepted != len(readers) {
			t.Errorf("counts = %+v; want everybody", counts)
		}
	})
}

func TestAWorkerThatIsCutOffFromTheDatabaseLosesItsShard(t *testing.T) {
	n := newInstallation(t, modelstest.Postgres)
	n.stop()
	gate := modelstest.NewGateway(t)
	direct := n.DB
	n.openAgainAt(throughGate(t, gate, n.URL), models.Options{})
	readers := n.readers(2*pageSize, everything)
	begun, answer := n.holdAnswers()
	n.start(1)
	id := n.publish(models.Draft{})
	<-begun
	n.DB = direct
	gate.Cut() // but not from NATS
	n.start(1)
	n.claimed(id, 2)
	gate.Heal()
	answer()
	if counts := n.finished(id); counts.Accepted != len(readers) {
		t.Errorf("counts = %+v; want everybody", counts)
	}
}

// throughGate is the URL of a database behind a gateway.
func throughGate(t *testing.T, gate *modelstest.Gateway, databaseURL string) string {
	t.Helper()
	c, err := pgconn.ParseConfig(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	gate.LeadTo(pgconn.NetworkAddress(c.Host, c.Port))
	u := url.URL{Scheme: "postgres", User: url.User(c.User), Host: gate.Addr().String(), Path: c.Database, RawQuery: "sslmode=disable"}
	return u.String()
}

// holdAnswers lets the push service answer when answer is called, but at once for
// some endpoints. begun is closed at the first push that waits.
func (n *installation) holdAnswers(but ...string) (begun <-chan struct{}, answer func()) {
	first, answered := make(chan struct{}), make(chan struct{})
	answer = sync.OnceFunc(func() { close(answered) })
	n.t.Cleanup(answer)
	var once sync.Once
	n.service.Faults(func(endpoint string) *pushtest.Answer {
		for _, free := range but {
			if endpoint == free {
				return nil
			}
		}
		once.Do(func() { close(first) })
		<-answered
		return nil
	})
	return first, answer
}

// loseQueue loses everything that is queued, and waits until there is a queue again.
func (n *installation) loseQueue() {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	js := n.jetStream()
	if err := js.DeleteStream(ctx, streamName); err != nil {
		n.t.Fatal(err)
	}
	for {
		if _, err := js.Consumer(ctx, streamName, "next"); err == nil {
			return
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			n.t.Fatal("there is no new queue: ", err)
		}
	}
}

func (n *installation) jetStream() jetstream.JetStream {
	n.t.Helper()
	js, err := jetstream.New(n.bus.Conn)
	if err != nil {
		n.t.Fatal(err)
	}
	return js
}

func allGotOne(t *testing.T, readers []*pushtest.Reader) {
	t.Helper()
	for i, reader := range readers {
		if got := len(reader.Messages()); got != 1 {
			t.Errorf("reader %d got the alert %d times", i, got)
		}
	}
}

// recordErrors is a log that counts the pages that could not be recorded.
type recordErrors struct{ logged chan struct{} }

var _ io.Writer = (*recordErrors)(nil)

func (c *recordErrors) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "trying again") {
		select {
		case c.logged <- struct{}{}:
		default: // there were enough
		}
	}
	return len(line), nil
}
