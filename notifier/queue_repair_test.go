package notifier

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"newsbell/models"
	"newsbell/models/events"
	"newsbell/models/modelstest"
)

func TestAStreamThatCannotBeUsedIsReplaced(t *testing.T) {
	n := newInstallation(t, modelstest.SQLite)
	n.stop()
	subjects := []string{events.SubjectWork + ".>"}
	for name, left := range map[string]struct {
		stream   jetstream.StreamConfig
		consumer *jetstream.ConsumerConfig
	}{
		"other storage":   {stream: jetstream.StreamConfig{Storage: jetstream.FileStorage}},
		"other retention": {stream: jetstream.StreamConfig{Storage: jetstream.MemoryStorage, Retention: jetstream.InterestPolicy}},
		"a consumer of everything": {
			jetstream.StreamConfig{Storage: jetstream.MemoryStorage, Retention: jetstream.WorkQueuePolicy},
			&jetstream.ConsumerConfig{Durable: "all", AckPolicy: jetstream.AckExplicitPolicy},
		},
		"a consumer that forgets": {
			jetstream.StreamConfig{Storage: jetstream.MemoryStorage},
			&jetstream.ConsumerConfig{Durable: "next", AckPolicy: jetstream.AckNonePolicy},
		},
	} {
		t.Run(name, func(t *testing.T) {
			n.t = t
			bus, err := StartBus() // of its own: what a stopped notifier asked for last may come late
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(bus.Close)
			n.bus = bus
			js := n.jetStream()
			left.stream.Name, left.stream.Subjects = streamName, subjects
			stream, err := js.CreateStream(t.Context(), left.stream)
			if err == nil && left.consumer != nil {
				_, err = stream.CreateConsumer(t.Context(), *left.consumer)
			}
			if err != nil {
				t.Fatal(err)
			}
			reader := n.reader(everything)
			stop := n.start(1)
			defer stop()
			n.finished(n.publish(models.Draft{Headline: name}))
			n.gets(reader, 1)
		})
	}
}

func TestAStreamOfAnotherProgramIsNotChangedAndIsNamed(t *testing.T) {
	bus, err := StartBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	n := &installation{t: t, bus: bus}
	js := n.jetStream()
	theirs := jetstream.StreamConfig{Name: "LEDGERS", Subjects: []string{events.SubjectWork + ".>"}, Storage: jetstream.MemoryStorage}
	if _, err := js.CreateStream(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	q, err := newQueue(bus, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	err = q.tryPrepare(t.Context())
	if err == nil || !strings.Contains(err.Error(), "LEDGERS, which is not Newsbell's") {
		t.Errorf("prepare: %v; want the stream's name", err)
	}
	if _, err := js.Stream(t.Context(), "LEDGERS"); err != nil {
		t.Errorf("their stream: %v; want it left alone", err)
	}
}
