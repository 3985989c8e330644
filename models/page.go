package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"newsbell/models/ledger"

	"github.com/RoaringBitmap/roaring/v2"
)

// page is a piece of a shard: the recipients to send to, and the readers of the
// same piece that get nothing now.
type page struct {
	recipients []Recipient
	// tries is how often the recipients have been tried before.
	tries int
	// upto is the last ID that the page covers; 0 for a page of retries.
	upto int64
	// skipped are the IDs of readers that paused, were refused several times in a
	// row, or are already notified; gone are those without an address; missing are
	// those whose retry was due and whose subscription or address is gone.
	skipped, gone, missing []int64
	// deferred are the readers that must not be disturbed now.
	deferred []deferredReader
}

// deferredReader is a reader who must not be disturbed until a time.
type deferredReader struct {
	Recipient
	until time.Time
}

// pageReader reads a shard from its position on, a page at a time. It may read
// ahead in a goroutine of its own while the claim is recorded.
type pageReader struct {
	store    *Store
	shardID  int64
	audience audience
	after    int64
	upto     int64
}

// pages begins at the claimed shard's position.
func (s *Store) pages(c *Claim) *pageReader {
	return &pageReader{store: s, shardID: c.Shard.ID, audience: c.audience, after: c.Shard.Position, upto: c.Shard.UptoID}
}

// next reads the next page, and returns [io.EOF] after the last. A page whose
// readers all paused or have no address is empty.
func (r *pageReader) next(ctx context.Context) (page, error) {
	if r.after >= r.upto {
		return page{}, io.EOF
	}
	p := page{recipients: make([]Recipient, 0, r.store.pageSize), upto: r.upto}
	query, args := r.audience.sql(
		condition{"subscription_id > ?", []any{r.after}},
		condition{"subscription_id <= ?", []any{r.upto}})
	read, last, err := r.store.recipients(ctx, &p, query+" ORDER BY 1 LIMIT ?", append(args, r.store.pageSize))
	if err != nil {
		return page{}, fmt.Errorf("read page of shard %d: %w", r.shardID, err)
	}
	if read == r.store.pageSize {
		p.upto = last
	}
	r.after = p.upto
	return p, nil
}

// duePages yields the readers whose retry is due, a page at a time; a page's
// readers have all been tried the same number of times. It ends at the first error.
func (s *Store) duePages(ctx context.Context, c *Claim) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		if err := s.delayUnproven(ctx, c); err != nil {
			yield(page{}, fmt.Errorf("read retries of shard %d: %w", c.Shard.ID, err))
			return
		}
		due := c.Ledger.Due(s.Now())
		for _, tries := range slices.Sorted(maps.Keys(due)) {
			for p, err := range s.retryPages(ctx, c, due[tries]) {
				p.tries = tries
				if !yield(p, err) || err != nil {
					return
				}
			}
		}
	}
}

// retryPages yields readers who have a retry, a page at a time. It ends at the
// first error.
func (s *Store) retryPages(ctx context.Context, c *Claim, readers *roaring.Bitmap) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		offsets := make([]uint32, s.pageSize)
		for it := readers.ManyIterator(); ; {
			n := it.NextMany(offsets)
			if n == 0 {
				return
			}
			p, err := s.retryPage(ctx, c, offsets[:n])
			if err != nil {
				err = fmt.Errorf("read retries of shard %d: %w", c.Shard.ID, err)
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

func (s *Store) retryPage(ctx context.Context, c *Claim, offsets []uint32) (page, error) {
	args := make([]any, len(offsets))
	missing := make(map[int64]bool, len(offsets))
	for i, offset := range offsets {
		id := c.Shard.AfterID + int64(offset)
		args[i], missing[id] = id, true
	}
	p := page{recipients: make([]Recipient, 0, len(offsets))}
	query := "SELECT id AS subscription_id FROM subscriptions WHERE id IN (?" + strings.Repeat(", ?", len(args)-1) + ")"
	if _, _, err := s.recipients(ctx, &p, query, args); err != nil {
		return page{}, err
	}
	for _, r := range p.recipients {
		delete(missing, r.ID)
	}
	for _, id := range p.skipped {
		delete(missing, id)
	}
	p.missing = slices.Collect(maps.Keys(missing))
	return p, nil
}

// filterPage removes the recipients that a page must not be sent to now: those that
// a worker which stopped in the middle of it has tried, those that are already
// notified, and those that are deferred to a catch-up. It is called just before the
// page is sent.
func (s *Store) filterPage(ctx context.Context, c *Claim, p page) (page, error) {
	p, err := s.skipAlreadyNotified(ctx, c, c.untried(p))
	if err != nil {
		return page{}, fmt.Errorf("filter page of shard %d: %w", c.Shard.ID, err)
	}
	if c.Alert.Outage.IsDrill() { // its readers are at work
		return p, nil
	}
	now := s.Now()
	p.recipients = slices.DeleteFunc(p.recipients, func(r Recipient) bool {
		if r.delivery == nil {
			return false
		}
		until := r.delivery.NextAllowed(now, c.Alert.isUrgent())
		if until.After(now) {
			p.deferred = append(p.deferred, deferredReader{r, until})
		}
		return until.After(now)
	})
	return p, nil
}

// untried removes the recipients that a worker which stopped in the middle of the page
// has tried.
func (c *Claim) untried(p page) page {
	if p.upto == 0 {
		return p // these are retries
	}
	p.recipients = slices.DeleteFunc(p.recipients, func(r Recipient) bool { return c.Ledger.Outcome(c.offset(r.ID)) != ledger.Untried })
	return p
}

// skipAlreadyNotified removes the recipients that another alert has notified of the same
// update or of a newer one. An alert that is late must not replace something new
// on the screen with something old.
func (s *Store) skipAlreadyNotified(ctx context.Context, c *Claim, p page) (page, error) {
	if len(p.recipients) == 0 {
		return p, nil
	}
	first, last := p.recipients[0].ID, p.recipients[len(p.recipients)-1].ID
	newer, err := s.ledgers(ctx, `alert_id IN (SELECT id FROM alerts WHERE outage_id = ? AND update_id >= ? AND id <> ?)
		AND accepted > 0 AND upto_id >= ? AND after_id < ?`, c.Alert.OutageID, c.Alert.UpdateID, c.Alert.ID, first, last)
	if errors.Is(err, ledger.ErrCorrupt) {
		return p, nil // its next claim rebuilds it
	}
	if err != nil || len(newer) == 0 {
		return p, err
	}
	p.recipients = slices.DeleteFunc(p.recipients, func(r Recipient) bool {
		isNotified := slices.ContainsFunc(newer, func(l shardLedger) bool { return l.sentTo(r.ID) == ledger.Accepted })
		if isNotified {
			p.skipped = append(p.skipped, r.ID)
		}
		return isNotified
	})
	return p, nil
}

// interrupted is the page as far as it has results: the shard's position stays
// before the first recipient that has none.
func (p page) interrupted(results []Result) page {
	for i, r := range p.recipients {
		if i == len(results) || results[i].Recipient.ID != r.ID {
			p.upto = min(p.upto, r.ID-1)
			return p
		}
	}
	return p
}

// span returns the first and the last ID of a page's readers; false if it has none.
func (p page) span() (first, last int64, ok bool) {
	ids := slices.Concat(p.skipped, p.gone)
	for _, r := range p.recipients {
		ids = append(ids, r.ID)
	}
	for _, d := range p.deferred {
		ids = append(ids, d.ID)
	}
	if len(ids) == 0 {
		return 0, 0, false
	}
	return slices.Min(ids), slices.Max(ids), true
}
