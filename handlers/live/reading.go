package live

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"newsbell/models"
	"newsbell/models/events"
)

// readTimeout limits one query.
const readTimeout = 5 * time.Second

// receive handles an announcement: it reads new updates if the announced one is unknown.
func (h *Hub) receive(ctx context.Context, message *nats.Msg) {
	var announced events.UpdateEvent
	if err := json.Unmarshal(message.Data, &announced); err != nil {
		return // the outage has no open pages
	}
	h.mu.Lock()
	o, isOpen := h.outages[announced.Outage]
	h.mu.Unlock()
	if isOpen && (announced.Position == 0 || o.newest() < announced.Position) {
		h.tryReadOn(ctx, o)
	}
}

// sweep reads new updates of all outages with open pages.
func (h *Hub) sweep(ctx context.Context) {
	h.mu.Lock()
	open := make([]*openOutage, 0, len(h.outages))
	for _, o := range h.outages {
		open = append(open, o)
	}
	h.mu.Unlock()
	for _, o := range open {
		h.tryReadOn(ctx, o)
	}
}

// tryReadOn reads new updates. If that fails, the next sweep tries again.
func (h *Hub) tryReadOn(ctx context.Context, o *openOutage) {
	if err := h.readOn(ctx, o); err != nil && !errors.Is(err, context.Canceled) {
		h.log.Error("cannot update open live pages; trying again", "outage", o.slug, "error", err)
	}
}

// load reads an outage and its newest updates, unless another page already has.
func (h *Hub) load(ctx context.Context, o *openOutage) error {
	o.reading.Lock()
	defer o.reading.Unlock()
	if o.isRead {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return h.read(ctx, o)
}

// read reads an outage and its newest updates.
func (h *Hub) read(ctx context.Context, o *openOutage) error {
	outage, err := h.store.Outage(ctx, o.slug)
	if err != nil {
		return err
	}
	updates, err := h.store.LatestUpdates(ctx, outage, keptEvents)
	if err != nil {
		return err
	}
	events, err := h.encoder.encodeAll(outage, updates)
	if err != nil {
		return err
	}
	o.replace(outage, events)
	o.isRead = true
	return nil
}

// readOn appends updates that are new in the database. If the database no longer has the
// newest known one, for example because a backup was restored, it reads everything
// again.
func (h *Hub) readOn(ctx context.Context, o *openOutage) error {
	o.reading.Lock()
	defer o.reading.Unlock()
	if !o.isRead {
		return nil // the first page loads it
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	outage, err := h.store.Outage(ctx, o.slug)
	if errors.Is(err, models.ErrNotFound) { // it has another address now
		outage, err = o.model(), nil
	}
	if err != nil {
		return err
	}
	hasResolution := false
	for {
		newest := o.newest()
		updates, err := h.store.UpdatesAfter(ctx, outage, newest-1, 1+keptEvents)
		if err != nil {
			return err
		}
		if newest > 0 {
			if len(updates) == 0 || *updates[0].Position != newest {
				return h.read(ctx, o)
			}
			updates = updates[1:]
		}
		events, err := h.encoder.encodeAll(outage, updates)
		if err != nil {
			return err
		}
		o.append(events)
		hasResolution = hasResolution || slices.ContainsFunc(updates, func(u models.Update) bool { return u.Kind == models.Resolution })
		if len(events) < keptEvents {
			o.stateRead(outage, hasResolution)
			return nil
		}
	}
}

// readAfter reads an outage's next updates after a position, as events.
func (h *Hub) readAfter(ctx context.Context, outage models.Outage, after int64) ([]event, error) {
	updates, err := h.store.UpdatesAfter(ctx, outage, after, keptEvents)
	if err != nil {
		return nil, err
	}
	return h.encoder.encodeAll(outage, updates)
}
