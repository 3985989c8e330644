package receipts

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
)

// What is never written must not fill the memory, nor keep the process busy.
func TestReceiptsAreGatheredUpToABound(t *testing.T) {
	var closed atomic.Bool
	b := NewBuffer(func(ctx context.Context, _ map[Seen]struct{}) error {
		if closed.Load() {
			return errors.New("the database is closed")
		}
		return ctx.Err()
	})
	b.writing.Lock() // the database takes its time
	for reader := range int64(maxGathered + 10) {
		b.Add(Seen{1, reader, 0})
		b.Add(Seen{1, reader, 0})
	}
	if len(b.gathered) != maxGathered {
		t.Errorf("%d are gathered; want %d", len(b.gathered), maxGathered)
	}
	b.writing.Unlock()
	given, giveUp := context.WithCancel(t.Context())
	giveUp()
	if err := b.Flush(given); err == nil {
		t.Fatal("they were written without the time for it")
	}
	closed.Store(true)
	if err := b.Close(); err == nil {
		t.Error("a closed database took receipts")
	}
	b.Add(Seen{1, 1, 0})
	b.writer.Wait()
}
