package receipts

import (
	"context"
	"sync"
	"time"
)

const (
	// writeReceiptsEvery is how long receipts are gathered, and
	// writeReceiptsWithin how long the database may take for them.
	writeReceiptsEvery  = time.Second
	writeReceiptsWithin = 10 * time.Second
	// maxGathered bounds the memory for receipts to a few megabytes. When half
	// of it is used up they are written at once.
	maxGathered = 100_000
)

// Seen is a receipt that has been proved.
type Seen struct {
	AlertID, Reader int64
	Event           int8 // its place in receiptEvents
}

// Buffer gathers receipts, each once, and writes them together: the browsers of
// a million readers report within a minute. A goroutine writes, from the first receipt
// until there are no more.
type Buffer struct {
	write func(context.Context, map[Seen]struct{}) error

	mu       sync.Mutex
	gathered map[Seen]struct{}
	running  bool // a goroutine writes
	closed   bool

	writer  sync.WaitGroup
	hurry   chan struct{} // there is much to write
	stop    chan struct{} // closed by Close
	writing sync.Mutex    // held while writing
}

func NewBuffer(write func(context.Context, map[Seen]struct{}) error) *Buffer {
	return &Buffer{
		write: write, gathered: map[Seen]struct{}{}, hurry: make(chan struct{}, 1), stop: make(chan struct{}),
	}
}

// Add gathers a receipt, unless the store is closed.
func (b *Buffer) Add(r Seen) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	before := len(b.gathered)
	b.gather(r)
	if before < maxGathered/2 && len(b.gathered) == maxGathered/2 {
		select {
		case b.hurry <- struct{}{}:
		default:
		}
	}
}

// gather takes a receipt if there is room, and sees to it that it is written.
func (b *Buffer) gather(r Seen) {
	if len(b.gathered) >= maxGathered {
		return
	}
	b.gathered[r] = struct{}{}
	if !b.running && !b.closed {
		b.running = true
		b.writer.Go(b.run)
	}
}

// run writes until there is nothing to write.
func (b *Buffer) run() {
	ticker := time.NewTicker(writeReceiptsEvery)
	defer ticker.Stop()
	for !b.isDone() {
		select {
		case <-ticker.C:
		case <-b.hurry:
		case <-b.stop:
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), writeReceiptsWithin)
		_ = b.Flush(ctx) // what fails is gathered again
		cancel()
	}
}

// isDone tells whether the goroutine may end.
func (b *Buffer) isDone() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running = len(b.gathered) > 0
	return !b.running
}

// Flush writes what has been gathered.
func (b *Buffer) Flush(ctx context.Context) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	all := b.gathered
	b.gathered = map[Seen]struct{}{}
	b.mu.Unlock()
	err := b.write(ctx, all)
	if err != nil {
		b.putBack(all)
	}
	return err
}

// putBack gathers again what could not be written.
func (b *Buffer) putBack(all map[Seen]struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for r := range all {
		b.gather(r)
	}
}

// Close ends the goroutine, writes the rest, and gathers nothing any more.
func (b *Buffer) Close() error {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.stop)
	}
	b.mu.Unlock()
	b.writer.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), writeReceiptsWithin)
	defer cancel()
	return b.Flush(ctx)
}
