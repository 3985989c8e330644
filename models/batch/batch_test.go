package batch_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"newsbell/models/batch"
)

var errLocked = errors.New("the table is locked")

// table is where a test's batches are written. Writes take a second of the test's clock.
type table struct {
	mu      sync.Mutex
	batches [][]int
	err     error // of each write
}

func (w *table) write(ctx context.Context, items []int) error {
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	w.batches = append(w.batches, slices.Clone(items))
	return nil
}

// fails lets all writes fail from now on, or none.
func (w *table) fails(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

// has checks the batches that were written.
func (w *table) has(t *testing.T, want ...[]int) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !reflect.DeepEqual(w.batches, want) {
		t.Errorf("wrote %v; want %v", w.batches, want)
	}
}

// open returns a batcher that writes to a table, within a minute unless the options say
// otherwise.
func open(o batch.Options[int]) (*batch.Batcher[int], *table) {
	w := &table{}
	o.Write = w.write
	if o.Within == 0 {
		o.Within = time.Minute
	}
	return batch.New(o), w
}

func addAll(t *testing.T, b *batch.Batcher[int], items ...int) {
	t.Helper()
	for _, item := range items {
		if !b.Add(item) {
			t.Errorf("%d was not taken", item)
		}
	}
}

func TestTheFirstIsWrittenAtOnceAndThoseThatComeMeanwhileTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := open(batch.Options[int]{Size: 3})
		began := time.Now()
		addAll(t, b, 1)
		synctest.Wait() // it is written now
		addAll(t, b, 2, 3, 4, 5)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		w.has(t, []int{1}, []int{2, 3, 4}, []int{5})
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("it took %v; want a second a batch", took)
		}
	})
}

func TestAFewGatherAndManyAreWrittenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := open(batch.Options[int]{Size: 3, Gather: time.Hour})
		addAll(t, b, 1, 2)
		time.Sleep(time.Hour)
		synctest.Wait()
		w.has(t)
		addAll(t, b, 3, 4, 5, 6, 7, 8, 9) // while the first two are written
		time.Sleep(time.Minute)
		synctest.Wait()
		w.has(t, []int{1, 2}, []int{3, 4, 5}, []int{6, 7, 8})
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestAnItemThatWaitsAlreadyIsWrittenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := open(batch.Options[int]{Gather: time.Hour})
		addAll(t, b, 1, 2, 1, 2)
		if err := b.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		addAll(t, b, 2) // it waits no longer
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		w.has(t, []int{1, 2}, []int{2})
	})
}

// What is never written must not fill the memory.
func TestNoMoreWaitThanThereIsRoomFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := open(batch.Options[int]{Gather: time.Hour, Room: 2})
		addAll(t, b, 1, 2, 1)
		if b.Add(3) {
			t.Error("it took more than it has room for")
		}
		w.fails(errLocked)
		if err := b.Flush(t.Context()); !errors.Is(err, errLocked) {
			t.Errorf("Flush: %v; want %v", err, errLocked)
		}
		if b.Add(3) {
			t.Error("what could not be written takes no room")
		}
		w.fails(nil)
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		w.has(t, []int{1, 2})
	})
}

func TestAFailedBatchIsTriedAgainALittleLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := open(batch.Options[int]{Size: 2, Room: 2})
		w.fails(errLocked)
		addAll(t, b, 1)
		synctest.Wait()
		addAll(t, b, 2) // both are a full batch, which must not be tried without a pause
		time.Sleep(1500 * time.Millisecond)
		w.fails(nil)
		time.Sleep(time.Second)
		synctest.Wait()
		w.has(t)
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		w.has(t, []int{2, 1})
	})
}

func TestOnceAFullBatchWasWrittenAFewGatherAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := open(batch.Options[int]{Size: 2, Gather: time.Hour})
		w.fails(errLocked)
		addAll(t, b, 1, 2)
		time.Sleep(time.Minute)
		w.fails(nil)
		time.Sleep(2 * time.Hour)
		addAll(t, b, 3)
		time.Sleep(time.Minute)
		synctest.Wait()
		w.has(t, []int{1, 2})
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestAWriteMayTakeNoLongerThanItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := open(batch.Options[int]{Within: time.Millisecond})
		addAll(t, b, 1)
		if err := b.Close(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v; want %v", err, context.DeadlineExceeded)
		}
		w.has(t)
	})
}

func TestAFlushEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := open(batch.Options[int]{Gather: time.Hour})
		addAll(t, b, 1, 2)
		ctx, giveUp := context.WithTimeout(t.Context(), time.Millisecond)
		defer giveUp()
		if err := b.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush: %v; want %v", err, context.DeadlineExceeded)
		}
		if err := b.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		w.has(t, []int{1, 2})
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseWritesWhatIsLeftAndTakesNoMore(t *testing.T) {
	for _, gather := range []time.Duration{0, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			b, w := open(batch.Options[int]{Size: 2, Gather: gather})
			addAll(t, b, 1)
			synctest.Wait()
			addAll(t, b, 2, 3)
			if err := b.Close(); err != nil {
				t.Error(err)
			}
			if b.Add(4) {
				t.Error("it took an item after it was closed")
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
			if written := slices.Concat(w.batches...); !slices.Equal(written, []int{1, 2, 3}) {
				t.Errorf("wrote %v when items gather for %v; want all three", w.batches, gather)
			}
		})
	}
}

func TestManyGoroutinesLoseNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := open(batch.Options[int]{Size: 7, Within: time.Hour})
		for i := range 1000 {
			go func() {
				time.Sleep(time.Duration(i%10) * time.Second / 3)
				if !b.Add(i) {
					t.Errorf("%d was not taken", i)
				}
			}()
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		written := slices.Concat(w.batches...)
		slices.Sort(written)
		for i, item := range written {
			if i != item {
				t.Fatalf("item %d is %d", i, item)
			}
		}
		if len(written) != 1000 {
			t.Errorf("wrote %d; want 1000", len(written))
		}
	})
}
