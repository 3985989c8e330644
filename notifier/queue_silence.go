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
	// maxUnanswered is how many questions in a row the queue may leave without an
	// answer before this process connects anew, and reconnectEvery how often it
	// does so at most.
	maxUnanswered  = 3
	reconnectEvery = 10 * time.Second
)

// silence counts the questions in a row that the queue did not answer.
type silence struct {
	unanswered  atomic.Int64
	reconnected atomic.Int64 // Unix nanoseconds
}

// heard notes how a question to the queue ended. Pings may be answered by a
// server whose JetStream hangs: then another one of its cluster may do better.
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

// probeSubject holds one message at most that no consumer reads.
const probeSubject = events.SubjectWork + ".probe"

// ready returns nil if the queue takes messages and hands them out; else a
// [models.NotReady]. The probe is refused when the last one is still there, but
// only by a queue that has room.
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
