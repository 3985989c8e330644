package handlers

import (
	"context"
	"net"
	"time"
)

// livePage is an open page of an outage. Its connection is ours alone: net/http
// has let go of it.
type livePage struct {
	conn  net.Conn
	story *story
	// address is what the page is counted under; empty if it is not limited.
	address string
	// last is the ID of the last update that it has.
	last int64
}

// heartbeat is a comment, which shows proxies and us that the other end is there.
var heartbeat = []byte(":\n\n")

// keepUp writes what is published until the page leaves, or does not read.
func (l *live) keepUp(p *livePage, preamble []byte) error {
	left := make(chan struct{})
	go func() {
		defer close(left)
		_, _ = p.conn.Read(make([]byte, 1)) // a page says nothing more, and ends by leaving
	}()
	defer func() {
		_ = p.conn.Close()
		<-left
	}()
	if err := l.write(p, preamble); err != nil {
		return err
	}
	beat := time.NewTimer(l.heartbeat)
	defer beat.Stop()
	for {
		events, more, err := l.eventsAfter(p)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := l.write(p, e.text); err != nil {
				return err
			}
			p.last = e.id
		}
		if len(events) > 0 {
			continue
		}
		beat.Reset(l.heartbeat)
		select {
		case <-left:
			return nil
		case <-more:
		case <-beat.C:
			if err := l.write(p, heartbeat); err != nil {
				return err
			}
		}
	}
}

// eventsAfter are some of what a page has not got yet, from memory or, for one
// that was away for long, from the database; none when it has all.
func (l *live) eventsAfter(p *livePage) (events []event, more <-chan struct{}, err error) {
	events, more, isKept := p.story.after(p.last)
	if !isKept {
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		defer cancel()
		events, err = l.readAfter(ctx, p.story.about(), p.last)
	}
	return events, more, err
}

// write writes all of it in time, or fails.
func (l *live) write(p *livePage, text []byte) error {
	if err := p.conn.SetWriteDeadline(time.Now().Add(l.writeTimeout)); err != nil {
		return err
	}
	_, err := p.conn.Write(text)
	return err
}
