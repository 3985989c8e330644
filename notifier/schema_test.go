package notifier

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"newsbell/models"
)

func TestAProcessTakesNoWorkOnANewerSchemaThanItKnows(t *testing.T) {
	onBoth(t, func(t *testing.T, n *installation) {
		n.stop()
		said := make(chan string, 1000)
		n.adjust = func(older *Notifier) { older.log = slog.New(slog.NewTextHandler(lines(said), nil)) }
		stop := n.start(1)
		n.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
		says(t, said, "takes no work any more")
		takesNothing(t, n.bus)
		reader := n.reader("outage/messages-down:all")
		id := n.publish(models.Draft{})
		stop()
		n.Exec("DELETE FROM goose_db_version WHERE version_id = 99999") // the next one knows the schema
		n.start(1)
		if counts := n.finished(id); counts.Accepted != 1 {
			t.Errorf("counts = %+v; want the reader reached by the newer process", counts)
		}
		n.gets(reader, 1)
	})
}

// lines hands on what is written, a line at a time.
type lines chan<- string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

func says(t *testing.T, said <-chan string, words string) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case line := <-said:
			if strings.Contains(line, words) {
				return
			}
		case <-late:
			t.Fatalf("the log does not say %q", words)
		}
	}
}

// takesNothing waits until no worker requests work from the queue.
func takesNothing(t *testing.T, bus *Bus) {
	t.Helper()
	js, err := jetstream.New(bus.Conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"first", "next"} {
		for late := time.Now().Add(patience); ; {
			consumer, err := js.Consumer(t.Context(), streamName, name)
			if err != nil {
				t.Fatal(err)
			}
			if consumer.CachedInfo().NumWaiting == 0 {
				break
			}
			if time.Now().After(late) {
				t.Fatalf("%s is still asked for work", name)
			}
			_ = pause(t.Context(), 20*time.Millisecond)
		}
	}
}
