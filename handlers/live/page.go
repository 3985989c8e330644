package live

import (
	"context"
	"net"
	"time"
)

// page is an open page of an outage. It owns its connection, which was hijacked from
// net/http.
type page struct {
	conn   net.Conn
	outage *openOutage
	// address is the address that the page counts for; empty if it is not limited.
	address string
	// last is the position of the last update that the page has.
	last int64
	// reloads counts the reloads of its outage that it knows of.
	reloads int
}

// heartbeat is a comment. It shows proxies, and us, that the connection is alive.
var heartbeat = []byte(":\n\n")

// keepUp writes updates until the page disconnects or does not read.
func (h *Hub) keepUp(p *page, preamble []byte) error {
	left := make(chan struct{})
	go func() {
		defer close(left)
		_, _ = p.conn.Read(make([]byte, 1)) // a page sends nothing more, so the read ends when it disconnects
	}()
	defer func() {
		_ = p.conn.Close()
		<-left
	}()
	if err := h.write(p, preamble); err != nil {
		return err
	}
	silence := time.NewTimer(h.heartbeat)
	defer silence.Stop()
	for {
		events, more, err := h.eventsAfter(p)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := h.write(p, e.text); err != nil {
				return err
			}
			p.last = e.id
		}
		if len(events) > 0 {
			continue
		}
		silence.Reset(h.heartbeat)
		select {
		case <-left:
			return nil
		case <-more:
		case <-silence.C:
			if err := h.write(p, heartbeat); err != nil {
				return err
			}
		}
	}
}

// eventsAfter returns the next events for a page: from memory or, if it was disconnected
// for long, from the database. It returns none if the page is up to date.
func (h *Hub) eventsAfter(p *page) (events []event, more <-chan struct{}, err error) {
	events, more, isKept := p.outage.after(p.last)
	resets, reloads := p.outage.reloadsSince(p.reloads, p.last)
	if p.reloads = reloads; len(resets) > 0 {
		return resets, more, nil
	}
	if !isKept {
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		defer cancel()
		events, err = h.readAfter(ctx, p.outage.model(), p.last)
	}
	return events, more, err
}

// write writes the whole text within the write timeout, or fails.
func (h *Hub) write(p *page, text []byte) error {
	if err := p.conn.SetWriteDeadline(time.Now().Add(h.writeTimeout)); err != nil {
		return err
	}
	_, err := p.conn.Write(text)
	return err
}
