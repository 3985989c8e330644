package models

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Delivery is how [Store.Deliver] sends. Only Send is required.
type Delivery struct {
	// Send sends the alert to the recipients of a page, and returns the results in
	// their order. All of them have been tried the same number of times before.
	// When ctx ends, the recipients that were not tried have no result.
	Send func(ctx context.Context, recipients []Recipient, tries int) ([]Result, error)
	// BeforePage is called before each page, and may wait.
	BeforePage func(ctx context.Context) error
	// Progress is called before each attempt to record a page, and after the last.
	Progress func()
	// Recorded is called after each page that was recorded.
	Recorded func()
	// NotRecorded is called with the error of each attempt to record a page that is
	// followed by another.
	NotRecorded func(error)
}

// Deliver sends a claimed shard, page by page, until nothing is left to do or until
// the next retry is due. It reads a page ahead while the last one is sent. Just before
// it sends one, it checks that the alert has not ended, and removes the readers that
// are already notified and those that must not be disturbed now.
//
// What was sent is recorded even when ctx has ended, so that the next worker goes on
// with the rest. Deliver returns [ErrFenced] if another worker has claimed the shard
// since; that worker sends the page again.
func (s *Store) Deliver(ctx context.Context, c *Claim, how Delivery) error {
	d := delivery{store: s, claim: c, how: how.withDefaults()}
	if c.Alert.isInPilot() {
		return d.sendPilot(ctx)
	}
	send := d.sendPages
	if c.Shard.isTried() {
		send = d.sendRetries
	}
	if err := send(ctx); err != nil {
		return err
	}
	if c.isDone(s.Now()) {
		return s.finish(ctx, c)
	}
	return s.retryLater(ctx, c)
}

func (how Delivery) withDefaults() Delivery {
	if how.BeforePage == nil {
		how.BeforePage = func(context.Context) error { return nil }
	}
	if how.Progress == nil {
		how.Progress = func() {}
	}
	if how.Recorded == nil {
		how.Recorded = func() {}
	}
	if how.NotRecorded == nil {
		how.NotRecorded = func(error) {}
	}
	return how
}

// delivery is one call of [Store.Deliver].
type delivery struct {
	store *Store
	claim *Claim
	how   Delivery
}

// sendPages sends to the readers that have not been tried, and reads the next page
// while one is sent.
func (d *delivery) sendPages(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	pages := d.readAhead(ctx)
	defer func() {
		cancel()
		for range pages { // until the reader has ended
		}
	}()
	for !d.hasEnded() {
		read, ok := <-pages
		if !ok {
			return ctx.Err()
		}
		if read.err != nil {
			return read.err
		}
		if err := d.sendPage(ctx, read.page); err != nil {
			return err
		}
	}
	return nil
}

// sendRetries sends to the readers whose retry is due.
func (d *delivery) sendRetries(ctx context.Context) error {
	if d.hasEnded() {
		return nil
	}
	for p, err := range d.store.duePages(ctx, d.claim) {
		if err != nil {
			return err
		}
		if d.hasEnded() {
			return nil
		}
		if err := d.sendPage(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// sendPage sends and records a page.
func (d *delivery) sendPage(ctx context.Context, p page) error {
	if err := d.how.BeforePage(ctx); err != nil {
		return err
	}
	p, err := d.store.filterPage(ctx, d.claim, p)
	if err != nil {
		return err
	}
	results, err := d.how.Send(ctx, p.recipients, p.tries)
	if err != nil {
		return err
	}
	if err := d.record(ctx, p, results); err != nil {
		return err
	}
	d.how.Progress()
	d.how.Recorded()
	if missing := len(p.recipients) - len(results); missing > 0 && ctx.Err() == nil {
		return fmt.Errorf("send page of shard %d: %d recipients have no result", d.claim.Shard.ID, missing)
	}
	return ctx.Err()
}

// record writes a page's results. What could not be written is kept in the claim.
func (d *delivery) record(ctx context.Context, p page, results []Result) error {
	p = d.store.notePage(d.claim, p, results)
	write := d.store.writePage
	return untilRecorded(ctx, func(ctx context.Context) error {
		d.how.Progress()
		attempt := write
		write = d.store.writePageAgain
		return attempt(ctx, d.claim, p, results)
	}, d.how.NotRecorded)
}

func (d *delivery) hasEnded() bool { return d.claim.Alert.hasEnded(d.store.Now()) }

type readPage struct {
	page page
	err  error
}

// readAhead reads pages until the last one, an error or the end of ctx; the
// channel is closed then.
func (d *delivery) readAhead(ctx context.Context) <-chan readPage {
	pages := make(chan readPage)
	reader := d.store.pages(d.claim)
	go func() {
		defer close(pages)
		for {
			p, err := reader.next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			select {
			case pages <- readPage{p, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return pages
}
