package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"newsbell/models"
	"newsbell/models/events"
	"newsbell/models/retry"
)

const (
	// streamName is another than that of older releases, whose workers know
	// nothing of a shard's owner.
	streamName = "NEWSBELL_WORK"
	// ackWait is how long a worker may take to claim the shard of a message
	// before the message goes to another.
	ackWait = 4 * time.Second
	// enqueueTimeout bounds one message on its way into the queue.
	enqueueTimeout = 2 * time.Second
	// askFor is how long one question for a message stands. It has ended when
	// ackWait is over, else a process that stopped could be given its own shard.
	askFor     = 2 * time.Second
	retryQueue = 250 * time.Millisecond
)

// queue moves shards to workers. Each shard has a subject of its own that
// holds one message at most, so that the same shard can be enqueued again and
// again: JetStream refuses it while it is queued or in flight.
type queue struct {
	conn    *nats.Conn
	js      jetstream.JetStream
	storage jetstream.StorageType
	log     *slog.Logger
	silence silence
	// begun is that of shards whose worker was interrupted, first that of
	// resolutions, next that of everything else.
	begun, first, next *consumer
	preparing          sync.Mutex
}

// consumer is one of the queue's, shared by the workers of all processes.
type consumer struct {
	queue *queue
	name  string
}

func newQueue(bus *Bus, log *slog.Logger) (*queue, error) {
	js, err := jetstream.New(bus.Conn)
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	q := &queue{conn: bus.Conn, js: js, storage: jetstream.MemoryStorage, log: log}
	if bus.server == nil { // a NATS of its own outlives this process
		q.storage = jetstream.FileStorage
	}
	q.begun, q.first, q.next = &consumer{q, "begun"}, &consumer{q, "first"}, &consumer{q, "next"}
	return q, nil
}

// prepare makes sure that stream and consumers are there; it goes on trying
// until ctx ends.
func (q *queue) prepare(ctx context.Context) error {
	return retry.Do(ctx, retryQueue, 5*time.Second, func() error { return q.tryPrepare(ctx) }, func(err error, wait time.Duration) {
		q.log.Warn("the queue is not there; trying again", "error", err, "after", wait)
	})
}

// enqueue puts a shard into the queue, unless it is there already.
func (q *queue) enqueue(ctx context.Context, shard models.ShardRef) error {
	ctx, cancel := context.WithTimeout(ctx, enqueueTimeout)
	defer cancel()
	_, err := q.js.Publish(ctx, shard.Subject(), fmt.Append(nil, shard.ID))
	q.heard(err)
	if err != nil && !isQueuedAlready(err) {
		return fmt.Errorf("enqueue shard %d: %w", shard.ID, err)
	}
	return nil
}

// take waits for the next message of the consumer.
func (c *consumer) take(ctx context.Context) (jetstream.Msg, error) {
	consumer, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	for ctx.Err() == nil {
		message, err := c.ask(ctx, consumer)
		if message != nil || err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return message, err
		}
	}
	return nil, ctx.Err()
}

// open asks the queue for the consumer.
func (c *consumer) open(ctx context.Context) (jetstream.Consumer, error) {
	asking, cancel := context.WithTimeout(ctx, enqueueTimeout)
	defer cancel()
	consumer, err := c.queue.js.Consumer(asking, streamName, c.name)
	if ctx.Err() == nil {
		c.queue.heard(err)
	}
	return consumer, err
}

// ask asks for one message, and returns nil if there is none for a while.
func (c *consumer) ask(ctx context.Context, consumer jetstream.Consumer) (jetstream.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	return first(consumer.Fetch(1, jetstream.FetchContext(ctx)))
}

// tryTake takes a message if there is one, and returns nil if not.
func (c *consumer) tryTake(ctx context.Context) (jetstream.Msg, error) {
	consumer, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	return first(consumer.FetchNoWait(1))
}

// first is the message of a batch of one, or nil if there was none.
func first(batch jetstream.MessageBatch, err error) (jetstream.Msg, error) {
	if err != nil {
		return nil, err
	}
	for message := range batch.Messages() {
		return message, nil
	}
	return nil, batch.Error()
}

// tryPrepare makes sure that the stream and its consumers are as they must be.
func (q *queue) tryPrepare(ctx context.Context) error {
	q.preparing.Lock()
	defer q.preparing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, enqueueTimeout)
	defer cancel()
	err := q.createOrUpdate(ctx)
	if isIncompatible(err) {
		err = q.createAnew(ctx, err)
	}
	if err != nil {
		return fmt.Errorf("prepare queue: %w", q.explain(ctx, err))
	}
	return nil
}

func (q *queue) createOrUpdate(ctx context.Context) error {
	stream, err := q.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: streamName, Subjects: []string{events.SubjectWork + ".>"}, Storage: q.storage,
		Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew,
		MaxMsgsPerSubject: 1, DiscardNewPerSubject: true,
	})
	if err != nil {
		return err
	}
	for _, l := range []*consumer{q.begun, q.first, q.next} {
		_, err := stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
			Durable: l.name, FilterSubject: events.SubjectWork + "." + l.name + ".>",
			AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait,
			MaxDeliver: -1, MaxAckPending: 100_000,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// isQueuedAlready knows JetStream's words for a subject that is full.
func isQueuedAlready(err error) bool {
	return strings.Contains(err.Error(), "maximum messages per subject exceeded")
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
