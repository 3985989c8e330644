package notifier

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"newsbell/models"
	"newsbell/models/events"
)

const (
	// maxUnanswered is how many requests in a row the queue may leave without an answer
	// before this process reconnects, at most once per reconnectEvery.
	maxUnanswered  = 3
	reconnectEvery = 10 * time.Second
)

// silence counts the requests in a row that the queue did not answer.
type silence struct {
	unanswered  atomic.Int64
	reconnected atomic.Int64 // Unix nanoseconds
}

// heard notes how a request to the queue ended. A server whose JetStream hangs may still
// answer pings: then another server of the cluster may answer.
func (q *queue) heard(err error) {
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, nats.ErrTimeout) {
		q.silence.unanswered.Store(0)
		return
	}
	if q.silence.unanswered.Add(1) < maxUnanswered || !q.conn.IsConnected() {
		return
	}
	now, last := time.Now().UnixNano(), q.silence.reconnected.Load()
	if now-last >= int64(reconnectEvery) && q.silence.reconnected.CompareAndSwap(last, now) {
		q.silence.unanswered.Store(0)
		_ = q.conn.ForceReconnect() // it fails only when it is closed
	}
}

// probeSubject has at most one message, which no consumer reads.
const probeSubject = events.SubjectWork + ".probe"

// ready returns nil if the queue takes and delivers messages; else a [models.NotReady]. The
// probe is refused when the last one is still in the queue, but only by a queue with
// room.
func (q *queue) ready(ctx context.Context) error {
	if _, err := q.js.Publish(ctx, probeSubject, nil); err != nil && !isQueuedAlready(err) {
		return &models.NotReady{Words: "the queue takes no messages", Cause: err}
	}
	for _, l := range []*consumer{q.begun, q.first, q.next} {
		if _, err := q.js.Consumer(ctx, streamName, l.name); err != nil {
			return &models.NotReady{Words: "the queue does not hand out messages", Cause: err}
		}
	}
	return nil
}
