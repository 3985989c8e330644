package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"newsbell/models"
)

// readTimeout bounds one question to the database for live pages.
const readTimeout = 5 * time.Second

// hear reads on where the bus says that there is more.
func (l *live) hear(ctx context.Context, message *nats.Msg) {
	var told models.UpdateEvent
	if err := json.Unmarshal(message.Data, &told); err != nil {
		return // not ours
	}
	l.mu.Lock()
	s, isOpen := l.stories[told.Outage]
	l.mu.Unlock()
	if isOpen && s.newest() < told.UpdateID {
		l.tell(ctx, s)
	}
}

// sweep reads on everywhere.
func (l *live) sweep(ctx context.Context) {
	l.mu.Lock()
	open := make([]*story, 0, len(l.stories))
	for _, s := range l.stories {
		open = append(open, s)
	}
	l.mu.Unlock()
	for _, s := range open {
		l.tell(ctx, s)
	}
}

// tell reads on, now or at the next sweep.
func (l *live) tell(ctx context.Context, s *story) {
	if err := l.readOn(ctx, s); err != nil && !errors.Is(err, context.Canceled) {
		l.log.Error("live pages were not told; trying again", "outage", s.slug, "error", err)
	}
}

// begin reads an outage and its newest updates, if nobody has.
func (l *live) begin(ctx context.Context, s *story) error {
	s.reading.Lock()
	defer s.reading.Unlock()
	if s.isRead {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return l.read(ctx, s)
}

// read reads an outage and its newest updates.
func (l *live) read(ctx context.Context, s *story) error {
	outage, err := l.store.Outage(ctx, s.slug)
	if err != nil {
		return err
	}
	updates, err := l.store.LatestUpdates(ctx, outage, keptEvents)
	if err != nil {
		return err
	}
	events, err := l.encodeAll(outage, updates)
	if err != nil {
		return err
	}
	s.begin(outage, events)
	s.isRead = true
	return nil
}

// readOn tells a story's pages what the database has that they do not. Where it
// has no longer what they have, they begin anew.
func (l *live) readOn(ctx context.Context, s *story) error {
	s.reading.Lock()
	defer s.reading.Unlock()
	if !s.isRead {
		return nil // its first page reads it
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	outage := s.about()
	for {
		newest := s.newest()
		updates, err := l.store.UpdatesAfter(ctx, outage, newest-1, 1+keptEvents)
		if err != nil {
			return err
		}
		if newest > 0 {
			if len(updates) == 0 || updates[0].ID != newest {
				return l.read(ctx, s)
			}
			updates = updates[1:]
		}
		events, err := l.encodeAll(outage, updates)
		if err != nil {
			return err
		}
		s.tell(events)
		if len(events) < keptEvents {
			return nil
		}
	}
}

// readAfter reads an outage's next updates after one, as events.
func (l *live) readAfter(ctx context.Context, outage models.Outage, after int64) ([]event, error) {
	updates, err := l.store.UpdatesAfter(ctx, outage, after, keptEvents)
	if err != nil {
		return nil, err
	}
	return l.encodeAll(outage, updates)
}

func (l *live) encodeAll(outage models.Outage, updates []models.Update) ([]event, error) {
	events := make([]event, len(updates))
	for i, u := range updates {
		var err error
		if events[i], err = l.encode(outage, u); err != nil {
			return nil, err
		}
	}
	return events, nil
}
