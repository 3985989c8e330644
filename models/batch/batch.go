// Package batch writes the items of many goroutines together, where a write costs more
// than its items do: a transaction, for example. An item that is added again while it
// waits is written once. Items are written in the order they were added, unless a write
// fails. Close writes what is left.
package batch

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"
)

// retryAfter is how long the items of a failed write wait, unless they waited longer at
// first.
const retryAfter = time.Second

// Options are what a [Batcher] needs.
type Options[T comparable] struct {
	// Write writes items together. If it fails, they are added again. It must not keep
	// the slice.
	Write func(ctx context.Context, items []T) error
	// Within bounds the context of a write, and that of all writes that Close makes.
	Within time.Duration
	// Size is the most items that one write takes. As soon as that many wait they are
	// written. Default: all.
	Size int
	// Gather is how long fewer wait for others. Default: not at all, so that a batch is
	// what was added while the last one was written.
	Gather time.Duration
	// Room is how many items may wait; more are not taken. Default: any number.
	Room int
}

// Batcher gathers items and writes them, safe for concurrent use. A goroutine does that,
// from the first item until none are left.
type Batcher[T comparable] struct {
	options Options[T]

	mu      sync.Mutex
	waiting []T
	added   map[T]struct{} // the same as a set
	running bool           // a goroutine writes
	closed  bool

	writer  sync.WaitGroup
	full    chan struct{} // Size items wait
	stop    chan struct{} // closed by Close
	writing sync.Mutex    // held while writing
}

// New returns a batcher without items.
func New[T comparable](o Options[T]) *Batcher[T] {
	o.Size = cmp.Or(o.Size, math.MaxInt)
	return &Batcher[T]{options: o, added: map[T]struct{}{}, full: make(chan struct{}, 1), stop: make(chan struct{})}
}

// Add adds an item, unless it waits already. It reports false if there is no room for it,
// or the batcher is closed: the item will not be written.
func (b *Batcher[T]) Add(item T) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.closed && b.add(item)
}

// Flush writes what has been added, until a write fails.
func (b *Batcher[T]) Flush(ctx context.Context) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	left := len(b.waiting)
	b.mu.Unlock()
	for left > 0 {
		n, err := b.write(ctx)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// Close writes what has been added and takes nothing any more.
func (b *Batcher[T]) Close() error {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.stop)
	}
	b.mu.Unlock()
	b.writer.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), b.options.Within)
	defer cancel()
	return b.Flush(ctx)
}

// add takes an item if there is room, and sees to it that it is written.
func (b *Batcher[T]) add(item T) bool {
	if _, waits := b.added[item]; waits {
		return true
	}
	if b.options.Room > 0 && len(b.waiting) >= b.options.Room {
		return false
	}
	b.waiting = append(b.waiting, item)
	b.added[item] = struct{}{}
	b.signal()
	if !b.running && !b.closed {
		b.running = true
		b.writer.Go(b.run)
	}
	return true
}

// signal says whether enough items wait for a batch.
func (b *Batcher[T]) signal() {
	if len(b.waiting) < b.options.Size {
		select {
		case <-b.full:
		default:
		}
		return
	}
	select {
	case b.full <- struct{}{}:
	default:
	}
}

// run writes until there is nothing to write.
func (b *Batcher[T]) run() {
	var err error
	for !b.isDone() {
		if err == nil {
			b.pause(b.options.Gather, b.full)
		} else {
			b.pause(max(b.options.Gather, retryAfter), nil)
		}
		if b.isStopped() {
			return // Close writes the rest
		}
		err = b.writeAlone()
	}
}

// isDone reports whether the goroutine may end.
func (b *Batcher[T]) isDone() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running = len(b.waiting) > 0
	return !b.running
}

// pause waits until something else is to be done.
func (b *Batcher[T]) pause(d time.Duration, enough <-chan struct{}) {
	if d == 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-enough:
	case <-b.stop:
	}
}

func (b *Batcher[T]) isStopped() bool {
	select {
	case <-b.stop:
		return true
	default:
		return false
	}
}

// writeAlone writes one batch, when no other is written.
func (b *Batcher[T]) writeAlone() error {
	b.writing.Lock()
	defer b.writing.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), b.options.Within)
	defer cancel()
	_, err := b.write(ctx)
	return err
}

// write writes one batch and returns its size.
func (b *Batcher[T]) write(ctx context.Context) (int, error) {
	items := b.take()
	if len(items) == 0 {
		return 0, nil
	}
	err := b.options.Write(ctx, items)
	if err != nil {
		b.addAgain(items)
	}
	return len(items), err
}

// take takes the next batch out of what waits.
func (b *Batcher[T]) take() []T {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(b.waiting), b.options.Size)
	items := b.waiting[:n]
	b.waiting = slices.Clone(b.waiting[n:])
	for _, item := range items {
		delete(b.added, item)
	}
	b.signal()
	return items
}

// addAgain adds what could not be written, as far as there is room.
func (b *Batcher[T]) addAgain(items []T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, item := range items {
		b.add(item)
	}
}
