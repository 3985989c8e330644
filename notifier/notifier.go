// Package notifier turns published alerts into pushes.
//
// The database is the truth, the queue moves the work: an alert is planned
// into shards, each shard is a row and a message, and any worker of any process
// takes it from there. What it promises:
//
//   - Every reader of the audience is tried, even if processes crash or the whole queue
//     is lost: the sweeper enqueues every shard again that is due and has no owner.
//   - A page is sent again only when its worker died, or was silent for long
//     while the database answered: at most the page in flight, with the same tag
//     and Topic. A worker that lost its shard writes nothing more.
//   - A stop takes effect within one page, and the counts stay exact.
//   - When a push service says "gone", only the address ends. The reader's choices are
//     kept for a grace period, in which the browser may come back.
package notifier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"newsbell/models"
	"newsbell/models/events"
	"newsbell/notifier/pushservice"
	"newsbell/notifier/webpush"
)

// Options are what a notifier needs; zero fields get their defaults.
type Options struct {
	Store *models.Store
	Bus   *Bus
	// Push is how pushes are sent.
	Push pushservice.Options
	// BaseURL is where readers find the pages, without a slash at the end.
	BaseURL string
	// VAPIDSubject is the contact address for push services: an https or mailto URL.
	VAPIDSubject string
	// Lang is the language of the coverage. Default: "en".
	Lang string
	// Workers is how many shards are sent at a time; one more is kept for
	// resolutions. Default: three per core, so that others send while one waits for
	// its last answers.
	Workers int
	// SweepEvery is how often unfinished work is enqueued again. Default: 1 s.
	SweepEvery time.Duration
	Log        *slog.Logger
}

// Notifier is one process's part of the fan-out.
type Notifier struct {
	store *models.Store
	queue *queue
	keys  *keyring
	pool  *pushservice.Pool
	news  *pushservice.Broadcast
	// notifications makes the notifications of alerts.
	notifications models.Notifications
	workers       int
	sweep         time.Duration
	// working is how many shards are being sent.
	working atomic.Int64
	// priority lets resolutions go first.
	priority priority
	owners   *owners
	// warm begins to connect to a push service; nil when the sender cannot.
	warm    func(origin *url.URL)
	origins []*url.URL // used by the planner only
	log     *slog.Logger
	// published wakes the planner.
	published chan struct{}
	ready     sync.Once
	isReady   chan struct{}
}

// New checks the options and prepares a notifier; nothing runs yet.
func New(o Options) (*Notifier, error) {
	o = o.withDefaults()
	queue, err := newQueue(o.Bus, o.Log)
	if err != nil {
		return nil, err
	}
	n := &Notifier{
		store:         o.Store,
		queue:         queue,
		owners:        newOwners(o.Store, queue.enqueue, o.Log),
		keys:          newKeyring(o.Store, o.VAPIDSubject),
		pool:          pushservice.NewPool(o.Push),
		news:          pushservice.NewBroadcast(o.Bus.Conn),
		notifications: models.Notifications{BaseURL: o.BaseURL, Lang: o.Lang},
		workers:       o.Workers,
		sweep:         o.SweepEvery,
		log:           o.Log,
		published:     make(chan struct{}, 1),
		isReady:       make(chan struct{}),
	}
	if sender, ok := o.Push.Sender.(webpush.Warmer); ok {
		n.warm = sender.Warm
	}
	return n, nil
}

// Run plans and sends until ctx ends. Then it stops quickly: pushes in flight get a short
// time to be answered, their results are recorded, and the shards go back to the queue.
//
// When a newer release has migrated the database, it takes no more work and waits for the
// end of ctx.
func (n *Notifier) Run(ctx context.Context) error {
	parent := ctx
	if err := n.queue.prepare(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // it was stopped while it waited
		}
		return err
	}
	subscription, err := n.queue.conn.Subscribe(events.SubjectPublished, func(*nats.Msg) { n.wake() })
	if err != nil {
		return fmt.Errorf("listen for alerts: %w", err)
	}
	defer func() { _ = subscription.Unsubscribe() }()
	news, err := n.news.Listen(n.pool.Hear)
	if err != nil {
		return fmt.Errorf("listen for news of push services: %w", err)
	}
	defer func() { _ = news.Unsubscribe() }()
	stopPool := n.pool.Start(n.news.Tell)
	defer stopPool()
	n.ready.Do(func() { close(n.isReady) })

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return n.plan(ctx) })
	group.Go(func() error { return n.endFollows(ctx) })
	group.Go(func() error { return n.expire(ctx) })
	group.Go(func() error { return n.work(ctx, n.queue.first) })
	for range min(n.workers, alwaysWork) {
		group.Go(func() error { return n.work(ctx, n.queue.next) })
	}
	group.Go(func() error { return n.workOnBegun(ctx) })
	group.Go(func() error { return n.owners.run(ctx) })
	group.Go(func() error { return n.workMore(ctx, n.workers-alwaysWork) })
	group.Go(func() error { return n.newNoticeSender().run(ctx) })
	group.Go(func() error { return n.watchSchema(ctx) })
	err = group.Wait()
	if errors.Is(err, models.ErrNewerSchema) {
		return n.standAside(parent, err)
	}
	if !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Ready returns nil if the notifier takes work; else a [models.NotReady].
func (n *Notifier) Ready(ctx context.Context) error {
	select {
	case <-n.isReady:
		return n.queue.ready(ctx)
	default:
		return &models.NotReady{Words: "the notifier has not started"}
	}
}

// wake starts the next sweep now.
func (n *Notifier) wake() {
	select {
	case n.published <- struct{}{}:
	default:
	}
}

func (o Options) withDefaults() Options {
	if o.Lang == "" {
		o.Lang = "en"
	}
	if o.Workers == 0 {
		o.Workers = 3 * runtime.GOMAXPROCS(0)
	}
	o.SweepEvery = cmp.Or(o.SweepEvery, time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Push.Log = cmp.Or(o.Push.Log, o.Log)
	return o
}
