package live

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"newsbell/models"
	"newsbell/models/events"
)

// readTimeout bounds one question to the database.
const readTimeout = 5 * time.Second

// receive reads on where the bus announces an update that is not known yet.
func (h *Hub) receive(ctx context.Context, message *nats.Msg) {
	var announced events.UpdateEvent
	if err := json.Unmarshal(message.Data, &announced); err != nil {
		return // not ours
	}
	h.mu.Lock()
	o, isOpen := h.outages[announced.Outage]
	h.mu.Unlock()
	if isOpen && o.newest() < announced.UpdateID {
		h.tryReadOn(ctx, o)
	}
}

// sweep reads on for all outages with open pages.
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

// tryReadOn reads on now or, if that fails, at the next sweep.
func (h *Hub) tryReadOn(ctx context.Context, o *openOutage) {
	if err := h.readOn(ctx, o); err != nil && !errors.Is(err, context.Canceled) {
		h.log.Error("open live pages were not updated; trying again", "outage", o.slug, "error", err)
	}
}

// load reads an outage and its newest updates, unless another page has.
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

// readOn appends the updates that the database has and the open outage does not.
// If the database no longer has the newest known one, as after it was restored
// from a backup, everything is read anew.
func (h *Hub) readOn(ctx context.Context, o *openOutage) error {
	o.reading.Lock()
	defer o.reading.Unlock()
	if !o.isRead {
		return nil // its first page reads it
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	outage := o.model()
	for {
		newest := o.newest()
		updates, err := h.store.UpdatesAfter(ctx, outage, newest-1, 1+keptEvents)
		if err != nil {
			return err
		}
		if newest > 0 {
			if len(updates) == 0 || updates[0].ID != newest {
				return h.read(ctx, o)
			}
			updates = updates[1:]
		}
		events, err := h.encoder.encodeAll(outage, updates)
		if err != nil {
			return err
		}
		o.append(events)
		if len(events) < keptEvents {
			return nil
		}
	}
}

// readAfter reads an outage's next updates after one, as events.
func (h *Hub) readAfter(ctx context.Context, outage models.Outage, after int64) ([]event, error) {
	updates, err := h.store.UpdatesAfter(ctx, outage, after, keptEvents)
	if err != nil {
		return nil, err
	}
	return h.encoder.encodeAll(outage, updates)
}
