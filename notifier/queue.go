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
	// streamName differs from that of older releases, whose workers do not know of a
	// shard's owner.
	streamName = "NEWSBELL_WORK"
	// ackWait is how long a worker may take to claim the shard of a message
	// before the message goes to another.
	ackWait = 4 * time.Second
	// enqueueTimeout bounds a request to the queue.
	enqueueTimeout = 2 * time.Second
	// fetchFor is how long a request for a message is open. It is shorter than ackWait:
	// otherwise a process that stopped could be given its own shard again.
	fetchFor   = 2 * time.Second
	retryQueue = 250 * time.Millisecond
)

// queue moves shards to workers. Each shard has a subject of its own with at most one
// message, so that a shard can be enqueued any number of times: JetStream refuses it
// while it is queued or in flight.
type queue struct {
	conn    *nats.Conn
	js      jetstream.JetStream
	storage jetstream.StorageType
	log     *slog.Logger
	silence silence
	// begun has the shards whose worker was interrupted, first those of resolutions,
	// and next everything else.
	begun, first, next *consumer
	preparing          sync.Mutex
}

// consumer is a consumer of the queue, shared by the workers of all processes.
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
	if bus.server == nil { // a separate NATS server outlives this process
		q.storage = jetstream.FileStorage
	}
	q.begun, q.first, q.next = &consumer{q, "begun"}, &consumer{q, "first"}, &consumer{q, "next"}
	return q, nil
}

// prepare makes sure that the stream and its consumers exist. It tries until ctx ends.
func (q *queue) prepare(ctx context.Context) error {
	return retry.Do(ctx, retryQueue, 5*time.Second, func() error { return q.tryPrepare(ctx) }, func(err error, wait time.Duration) {
		q.log.Warn("the queue could not be prepared; trying again", "error", err, "after", wait)
	})
}

// enqueue puts a shard into the queue, unless it is already queued or in flight.
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
		message, err := c.fetch(ctx, consumer)
		if message != nil || err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return message, err
		}
	}
	return nil, ctx.Err()
}

// open looks the consumer up in the queue.
func (c *consumer) open(ctx context.Context) (jetstream.Consumer, error) {
	looking, cancel := context.WithTimeout(ctx, enqueueTimeout)
	defer cancel()
	consumer, err := c.queue.js.Consumer(looking, streamName, c.name)
	if ctx.Err() == nil {
		c.queue.heard(err)
	}
	return consumer, err
}

// fetch requests one message, and returns nil if there is none for a while.
func (c *consumer) fetch(ctx context.Context, consumer jetstream.Consumer) (jetstream.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchFor)
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

// first returns the message of a batch of one, or nil if there was none.
func first(batch jetstream.MessageBatch, err error) (jetstream.Msg, error) {
	if err != nil {
		return nil, err
	}
	for message := range batch.Messages() {
		return message, nil
	}
	return nil, batch.Error()
}

// tryPrepare makes sure that the stream and its consumers have their configuration.
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

// isQueuedAlready recognizes JetStream's error for a subject that is full.
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
