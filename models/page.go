package models

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"newsbell/models/ledger"

	"github.com/RoaringBitmap/roaring/v2"
)

// Page is a piece of a shard, read to be sent.
type Page struct {
	Recipients []Recipient
	// Tries is how often the recipients have been tried before.
	Tries int
	// upto is the last ID that the page covers; 0 for a page of those who wait.
	upto int64
	// leftOut are the IDs of those who paused, are refused again and again, or have
	// been told since, gone of those whose address is gone, and missing of those
	// who waited and whose row or address is gone since.
	leftOut, gone, missing []int64
	// deferred are those who are not to be disturbed now.
	deferred []deferredReader
}

// untried leaves out of a page the recipients that a worker that stopped in the middle of it
// had reached.
func (c *Claim) untried(p Page) Page {
	if p.upto == 0 {
		return p // they wait because they have been tried
	}
	p.Recipients = slices.DeleteFunc(p.Recipients, func(r Recipient) bool { return c.Ledger.Outcome(c.offset(r.ID)) != ledger.Untried })
	return p
}

// interrupted is the page as far as it has results: the shard's position stays
// before the first recipient who has none.
func (p Page) interrupted(results []Result) Page {
	for i, r := range p.Recipients {
		if i == len(results) || results[i].Recipient.ID != r.ID {
			p.upto = min(p.upto, r.ID-1)
			return p
		}
	}
	return p
}

// Pages reads a shard from its position on, a page at a time. It may read
// ahead in a goroutine of its own while the claim is recorded.
type Pages struct {
	store    *Store
	shardID  int64
	audience audience
	after    int64
	upto     int64
}

// Pages begins at the claimed shard's position.
func (s *Store) Pages(c *Claim) *Pages {
	return &Pages{store: s, shardID: c.Shard.ID, audience: c.audience, after: c.Shard.Position, upto: c.Shard.UptoID}
}

// Next reads the next page, and returns [io.EOF] behind the last. Readers who
// paused, or whose address is gone, are left out, so that a page may be empty.
func (p *Pages) Next(ctx context.Context) (Page, error) {
	if p.after >= p.upto {
		return Page{}, io.EOF
	}
	page := Page{Recipients: make([]Recipient, 0, p.store.pageSize), upto: p.upto}
	query, args := p.audience.sql(
		condition{"subscription_id > ?", []any{p.after}},
		condition{"subscription_id <= ?", []any{p.upto}})
	read, last, err := p.store.recipients(ctx, &page, query+" ORDER BY 1 LIMIT ?", append(args, p.store.pageSize))
	if err != nil {
		return Page{}, fmt.Errorf("read page of shard %d: %w", p.shardID, err)
	}
	if read == p.store.pageSize {
		page.upto = last
	}
	p.after = page.upto
	return page, nil
}

// WaitingPages reads those who wait for another try that is due, a page at a
// time, and hands each to fn.
func (s *Store) WaitingPages(ctx context.Context, c *Claim, fn func(Page) error) error {
	if err := s.delayUnproven(ctx, c); err != nil {
		return fmt.Errorf("read who waits in shard %d: %w", c.Shard.ID, err)
	}
	due := c.Ledger.Due(s.Now())
	for _, tries := range slices.Sorted(maps.Keys(due)) {
		err := s.waitingPages(ctx, c, due[tries], func(page Page) error {
			page.Tries = tries
			return fn(page)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) waitingPages(ctx context.Context, c *Claim, readers *roaring.Bitmap, fn func(Page) error) error {
	ids := make([]uint32, s.pageSize)
	for it := readers.ManyIterator(); ; {
		n := it.NextMany(ids)
		if n == 0 {
			return nil
		}
		page, err := s.waitingPage(ctx, c, ids[:n])
		if err != nil {
			return fmt.Errorf("read who waits in shard %d: %w", c.Shard.ID, err)
		}
		if err := fn(page); err != nil {
			return err
		}
	}
}

func (s *Store) waitingPage(ctx context.Context, c *Claim, offsets []uint32) (Page, error) {
	args := make([]any, len(offsets))
	missing := make(map[int64]bool, len(offsets))
	for i, offset := range offsets {
		id := c.Shard.AfterID + int64(offset)
		args[i], missing[id] = id, true
	}
	page := Page{Recipients: make([]Recipient, 0, len(offsets))}
	query := "SELECT id AS subscription_id FROM subscriptions WHERE id IN (?" + strings.Repeat(", ?", len(args)-1) + ")"
	if _, _, err := s.recipients(ctx, &page, query, args); err != nil {
		return Page{}, err
	}
	for _, r := range page.Recipients {
		delete(missing, r.ID)
	}
	for _, id := range page.leftOut {
		delete(missing, id)
	}
	page.missing = slices.Collect(maps.Keys(missing))
	return page, nil
}
