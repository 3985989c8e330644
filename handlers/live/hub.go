// Package live streams an outage's updates to its open live pages
// (text/event-stream). An open page gets each update once and in order, from every
// process and even if the bus loses messages.
package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"newsbell/handlers/limit"
	"newsbell/handlers/respond"
	"newsbell/models"
	"newsbell/models/events"
	"newsbell/static"
)

// Options are the settings of a hub; zero fields get their defaults.
type Options struct {
	// Heartbeat is the maximum time between two writes to a stream. Default: 20 s.
	Heartbeat time.Duration
	// WriteTimeout is the time after which a page that does not read is dropped. Default:
	// 10 s.
	WriteTimeout time.Duration
	// SweepEvery is the interval at which the database is asked for updates that the bus
	// did not announce, with one query for each outage with open pages. Default: 3 s.
	SweepEvery time.Duration
	// MaxPages is the maximum number of open pages, so that connections are left for
	// other requests. Default: 10,000.
	MaxPages int
	// MaxPagesOfAddress is the maximum number of open pages of one address, except
	// trusted proxies; 0: no limit.
	MaxPagesOfAddress int
}

// Bus announces updates; a *nats.Conn is one.
type Bus interface {
	ChanSubscribe(subject string, messages chan *nats.Msg) (*nats.Subscription, error)
	StatusChanged(statuses ...nats.Status) chan nats.Status
	RemoveStatusListener(changes chan nats.Status)
}

// Dependencies are what a hub needs.
type Dependencies struct {
	Store   *models.Store
	Bus     Bus
	Site    static.Site
	Pages   *static.Pages
	Errors  *respond.Errors
	Clients *limit.Clients
	Log     *slog.Logger
}

// errFull is returned if MaxPages live pages are open.
var errFull = errors.New("too many live pages are open")

// errFullAddress is returned if one address has MaxPagesOfAddress live pages open.
var errFullAddress = errors.New("too many live pages are open from one address")

// Hub keeps the open live pages up to date. The bus announces an update; the update
// itself is read from the database, once for all pages of an outage. Regular sweeps find
// updates that the bus did not announce.
type Hub struct {
	store   *models.Store
	bus     Bus
	encoder encoder
	errors  *respond.Errors
	clients *limit.Clients
	log     *slog.Logger

	heartbeat, writeTimeout, sweepEvery time.Duration
	maxPages, maxOfAddress              int

	running sync.WaitGroup // of the pages

	mu sync.Mutex
	// outages are the outages with open pages, by slug.
	outages map[string]*openOutage
	opened  int // number of open pages
	// ofAddress is the number of open pages of each address.
	ofAddress map[string]int
	pages     map[*page]struct{}
	ended     bool
}

// New returns a hub without open pages.
func New(d Dependencies, o Options) *Hub {
	return &Hub{
		store: d.Store, bus: d.Bus, encoder: encoder{d.Site, d.Pages}, errors: d.Errors, clients: d.Clients, log: d.Log,
		heartbeat: cmp.Or(o.Heartbeat, 20*time.Second), writeTimeout: cmp.Or(o.WriteTimeout, 10*time.Second),
		sweepEvery: cmp.Or(o.SweepEvery, 3*time.Second), maxPages: cmp.Or(o.MaxPages, 10_000), maxOfAddress: o.MaxPagesOfAddress,
		outages: map[string]*openOutage{}, pages: map[*page]struct{}{}, ofAddress: map[string]int{},
	}
}

// Run sends updates to open pages until ctx is done. Then it ends their streams.
func (h *Hub) Run(ctx context.Context) error {
	defer h.end()
	messages := make(chan *nats.Msg, 256)
	subscription, err := h.bus.ChanSubscribe(events.SubjectUpdates, messages)
	if err != nil {
		return fmt.Errorf("listen for updates: %w", err)
	}
	defer func() { _ = subscription.Unsubscribe() }()
	connected := h.bus.StatusChanged(nats.CONNECTED)
	defer h.bus.RemoveStatusListener(connected)
	sweep := time.NewTicker(h.sweepEvery)
	defer sweep.Stop()
	h.sweep(ctx) // finds what was published before the subscription
	for {
		select {
		case <-ctx.Done():
			return nil
		case message := <-messages:
			h.receive(ctx, message)
		case <-connected:
			h.sweep(ctx)
		case <-sweep.C:
			h.sweep(ctx)
		}
	}
}

// open counts a page of an outage, and of an address unless it is empty. If open
// succeeds, the caller must call close. The errors are [errFull], [errFullAddress] and
// the store's.
func (h *Hub) open(ctx context.Context, slug, address string) (*openOutage, error) {
	o, err := h.count(slug, address)
	if err != nil {
		return nil, err
	}
	if err := h.load(ctx, o); err != nil {
		h.close(o, address)
		return nil, err
	}
	return o, nil
}

func (h *Hub) count(slug, address string) (*openOutage, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.opened >= h.maxPages {
		return nil, errFull
	}
	if address != "" && h.maxOfAddress > 0 && h.ofAddress[address] >= h.maxOfAddress {
		return nil, errFullAddress
	}
	o, ok := h.outages[slug]
	if !ok {
		o = newOpenOutage(slug)
		h.outages[slug] = o
	}
	o.pages++
	h.opened++
	h.ofAddress[address]++
	return o, nil
}

// close undoes open.
func (h *Hub) close(o *openOutage, address string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.opened--
	if h.ofAddress[address]--; h.ofAddress[address] == 0 {
		delete(h.ofAddress, address)
	}
	if o.pages--; o.pages == 0 {
		delete(h.outages, o.slug)
	}
}

// serve keeps an open page up to date until it disconnects or the program ends.
func (h *Hub) serve(p *page, preamble []byte) {
	if !h.add(p) {
		_ = p.conn.Close()
		h.close(p.outage, p.address)
		return
	}
	go func() {
		defer h.running.Done()
		err := h.keepUp(p, preamble)
		h.mu.Lock()
		delete(h.pages, p)
		h.mu.Unlock()
		h.close(p.outage, p.address)
		h.report(err)
	}()
}

// add registers a running page. It returns false if the hub has ended.
func (h *Hub) add(p *page) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return false
	}
	h.pages[p] = struct{}{}
	h.running.Add(1)
	return true
}

// end ends all streams, including those that are being written.
func (h *Hub) end() {
	h.mu.Lock()
	h.ended = true
	for p := range h.pages {
		_ = p.conn.Close()
	}
	h.mu.Unlock()
	h.running.Wait()
}

// report logs why a page was dropped, unless it disconnected.
func (h *Hub) report(err error) {
	_, isNet := errors.AsType[net.Error](err)
	switch {
	case err == nil:
	case errors.Is(err, os.ErrDeadlineExceeded):
		h.log.Debug("dropped a live page that does not read")
	case !isNet:
		h.log.Error("cannot update a live page", "error", err)
	}
}
