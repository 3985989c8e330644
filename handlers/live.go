package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"newsbell/models"
)

// LiveOptions say how open live pages are kept up to date; zero fields get
// their defaults.
type LiveOptions struct {
	// Heartbeat is how long a stream is silent at most. Default: 20 s.
	Heartbeat time.Duration
	// WriteTimeout is how long a page may not read before it is dropped.
	// Default: 10 s.
	WriteTimeout time.Duration
	// SweepEvery is how often the database is asked for updates that the bus
	// did not tell of, once for each outage with open pages. Default: 3 s.
	SweepEvery time.Duration
	// MaxPages is how many may be open at once, so that connections are left for
	// everything else. Default: 10,000.
	MaxPages int
	// MaxPagesOfAddress is how many of them one address may have, trusted proxies
	// excepted; 0: any number.
	MaxPagesOfAddress int
}

// errFull says that as many live pages are open as may be.
var errFull = errors.New("too many live pages are open")

// errFullAddress says that one address has as many live pages open as it may.
var errFullAddress = errors.New("too many live pages are open from one address")

// live keeps the open live pages up to date. The bus says that there is an
// update; what it says comes from the database, which is asked once for all
// pages of an outage, and also without being told.
type live struct {
	store *models.Store
	bus   Bus
	// encode makes the event of an outage's update.
	encode func(outage models.Outage, u models.Update) (event, error)
	log    *slog.Logger

	heartbeat, writeTimeout, sweepEvery time.Duration
	maxPages, maxOfAddress              int

	running sync.WaitGroup // the pages'

	mu sync.Mutex
	// stories are those with open pages, by the outage's slug.
	stories map[string]*story
	opened  int // pages that are counted in
	// ofAddress is how many of them each address has.
	ofAddress map[string]int
	pages     map[*livePage]struct{}
	ended     bool
}

func newLive(s *server, o LiveOptions) *live {
	return &live{
		store: s.store, bus: s.bus, encode: s.event, log: s.log,
		heartbeat: orDefault(o.Heartbeat, 20*time.Second), writeTimeout: orDefault(o.WriteTimeout, 10*time.Second),
		sweepEvery: orDefault(o.SweepEvery, 3*time.Second), maxPages: orDefault(o.MaxPages, 10_000), maxOfAddress: o.MaxPagesOfAddress,
		stories: map[string]*story{}, pages: map[*livePage]struct{}{}, ofAddress: map[string]int{},
	}
}

// run tells open pages what is published, until ctx ends; then their streams
// end too.
func (l *live) run(ctx context.Context) error {
	defer l.end()
	messages := make(chan *nats.Msg, 256)
	subscription, err := l.bus.ChanSubscribe(models.SubjectUpdates, messages)
	if err != nil {
		return fmt.Errorf("listen for updates: %w", err)
	}
	defer func() { _ = subscription.Unsubscribe() }()
	connected := l.bus.StatusChanged(nats.CONNECTED)
	defer l.bus.RemoveStatusListener(connected)
	sweep := time.NewTicker(l.sweepEvery)
	defer sweep.Stop()
	l.sweep(ctx) // what was published before we listened
	for {
		select {
		case <-ctx.Done():
			return nil
		case message := <-messages:
			l.hear(ctx, message)
		case <-connected:
			l.sweep(ctx)
		case <-sweep.C:
			l.sweep(ctx)
		}
	}
}

// open counts a page of an outage in, of an address or of none that is limited.
// Who opens it closes it again, unless it fails: with [errFull],
// [errFullAddress], or the store's errors.
func (l *live) open(ctx context.Context, slug, address string) (*story, error) {
	s, err := l.countIn(slug, address)
	if err != nil {
		return nil, err
	}
	if err := l.begin(ctx, s); err != nil {
		l.close(s, address)
		return nil, err
	}
	return s, nil
}

func (l *live) countIn(slug, address string) (*story, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.opened >= l.maxPages {
		return nil, errFull
	}
	if address != "" && l.maxOfAddress > 0 && l.ofAddress[address] >= l.maxOfAddress {
		return nil, errFullAddress
	}
	s, ok := l.stories[slug]
	if !ok {
		s = newStory(slug)
		l.stories[slug] = s
	}
	s.pages++
	l.opened++
	l.ofAddress[address]++
	return s, nil
}

// close counts a page out.
func (l *live) close(s *story, address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened--
	if l.ofAddress[address]--; l.ofAddress[address] == 0 {
		delete(l.ofAddress, address)
	}
	if s.pages--; s.pages == 0 {
		delete(l.stories, s.slug)
	}
}

// show keeps an open page up to date until it leaves or the program ends.
func (l *live) show(p *livePage, preamble []byte) {
	if !l.add(p) {
		_ = p.conn.Close()
		l.close(p.story, p.address)
		return
	}
	go func() {
		defer l.running.Done()
		err := l.keepUp(p, preamble)
		l.mu.Lock()
		delete(l.pages, p)
		l.mu.Unlock()
		l.close(p.story, p.address)
		l.report(err)
	}()
}

// add adds a page to the running ones, unless the end has come.
func (l *live) add(p *livePage) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	l.pages[p] = struct{}{}
	l.running.Add(1)
	return true
}

// end ends all streams, also those that are being written.
func (l *live) end() {
	l.mu.Lock()
	l.ended = true
	for p := range l.pages {
		_ = p.conn.Close()
	}
	l.mu.Unlock()
	l.running.Wait()
}

// report logs why a page was dropped; that it left is no news.
func (l *live) report(err error) {
	_, isNet := errors.AsType[net.Error](err)
	switch {
	case err == nil:
	case errors.Is(err, os.ErrDeadlineExceeded):
		l.log.Debug("dropped a live page that does not read")
	case !isNet:
		l.log.Error("a live page was not kept up to date", "error", err)
	}
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
