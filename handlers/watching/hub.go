// Package watching reads the progress of an alert, and tells the newsroom's open pages that
// there is more. Workers of every process announce it on the bus; a page that hears nothing
// looks for itself, so that a lost message only delays it.
package watching

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"newsbell/models/events"
)

// Bus carries the announcements; a *nats.Conn is one.
type Bus interface {
	ChanSubscribe(subject string, messages chan *nats.Msg) (*nats.Subscription, error)
}

// Options are the settings of a hub.
type Options struct {
	// LookEvery is how often an open page looks for itself. Default: 1 s.
	LookEvery time.Duration
}

// Hub knows which alerts are watched.
type Hub struct {
	// LookEvery is how often an open page looks for itself.
	LookEvery time.Duration

	bus   Bus
	ended chan struct{}

	mu sync.Mutex
	// watchers are the channels of the open pages, by alert.
	watchers map[int64]map[chan struct{}]struct{}
}

// New returns a hub without watchers.
func New(bus Bus, o Options) *Hub {
	return &Hub{LookEvery: cmp.Or(o.LookEvery, time.Second), bus: bus, ended: make(chan struct{}), watchers: map[int64]map[chan struct{}]struct{}{}}
}

// Run passes announcements on until ctx is done. Then the streams must end.
func (h *Hub) Run(ctx context.Context) error {
	defer close(h.ended)
	messages := make(chan *nats.Msg, 1024)
	subscription, err := h.bus.ChanSubscribe(events.SubjectProgress, messages)
	if err != nil {
		return fmt.Errorf("listen for the progress of alerts: %w", err)
	}
	defer func() { _ = subscription.Unsubscribe() }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case message := <-messages:
			var progress events.ProgressEvent
			if json.Unmarshal(message.Data, &progress) == nil {
				h.announce(progress.AlertID)
			}
		}
	}
}

// Ended is closed when Run has ended.
func (h *Hub) Ended() <-chan struct{} { return h.ended }

// Watch returns a channel that gets a value after an alert's counts have changed, until stop
// is called. Several changes may give one value.
func (h *Hub) Watch(alertID int64) (changed <-chan struct{}, stop func()) {
	watcher := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers[alertID] == nil {
		h.watchers[alertID] = map[chan struct{}]struct{}{}
	}
	h.watchers[alertID][watcher] = struct{}{}
	return watcher, func() { h.leave(alertID, watcher) }
}

func (h *Hub) leave(alertID int64, watcher chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watchers[alertID], watcher)
	if len(h.watchers[alertID]) == 0 {
		delete(h.watchers, alertID)
	}
}

func (h *Hub) announce(alertID int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for watcher := range h.watchers[alertID] {
		select {
		case watcher <- struct{}{}:
		default: // it has not seen the last change yet
		}
	}
}
