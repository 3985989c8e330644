package notifier

import (
	"context"
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"newsbell/models"
	"newsbell/notifier/pushservice"
	"newsbell/notifier/pushtest"
)

func TestWorkersBroadcastWhatTheyLearnOfPushServices(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		broadcast := make(chan *nats.Msg, 10)
		if _, err := n.bus.Conn.ChanSubscribe(pushservice.Subject, broadcast); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			n.readerAt(n.other, everything)
		}
		n.other.Faults(func(string) *pushtest.Answer { return &pushtest.Answer{Reset: true} })
		n.publish(models.Draft{})
		var event pushservice.Event
		if err := json.Unmarshal((<-broadcast).Data, &event); err != nil {
			t.Fatal(err)
		}
		if event.From == "" || "http://"+event.Host != n.other.URL() || event.PausedMS <= 0 || event.PausedMS > 1250 {
			t.Errorf("broadcast %+v", event)
		}
		// The other way round: this worker gets the broadcast, and sends no more.
		n.stop()
		var pool *pushservice.Pool
		n.adjust = func(notifier *Notifier) { pool = notifier.pool }
		n.start(1)
		reader := n.reader(everything)
		message, err := json.Marshal(pushservice.Event{From: "another", Host: hostOf(n.service), PausedMS: 60_000})
		if err != nil {
			t.Fatal(err)
		}
		until(t, func() bool {
			if err := n.bus.Conn.Publish(pushservice.Subject, message); err != nil {
				t.Fatal(err)
			}
			return pool.State(hostOf(n.service)).Paused
		})
		n.until(n.publish(models.Draft{}), func(_ models.Alert, c models.Counts) bool { return c.Waiting == 20+1 })
		if asked := n.service.Stats().Requests; asked != 0 || len(reader.Messages()) != 0 {
			t.Errorf("%d requests to a host that another worker found to be down", asked)
		}
	})
}

// hostOf is the host of a push service's endpoints.
func hostOf(service *pushtest.Server) string {
	origin, err := url.Parse(service.URL())
	if err != nil {
		panic(err)
	}
	return origin.Host
}

// until waits for something.
func until(t *testing.T, isReady func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !isReady() {
		if err := pause(ctx, time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}
