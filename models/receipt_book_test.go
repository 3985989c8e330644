package models

import (
	"context"
	"path/filepath"
	"testing"
)

// What is never written must not fill the memory, nor keep the process busy.
func TestReceiptsAreGatheredUpToABound(t *testing.T) {
	store, err := Open(t.Context(), Options{URL: filepath.Join(t.TempDir(), "newsbell.db")})
	if err != nil {
		t.Fatal(err)
	}
	b := newReceiptBook(store)
	b.writing.Lock() // the database takes its time
	for reader := range int64(maxGathered + 10) {
		b.add(seen{1, reader, 0})
		b.add(seen{1, reader, 0})
	}
	if len(b.gathered) != maxGathered {
		t.Errorf("%d are gathered; want %d", len(b.gathered), maxGathered)
	}
	b.writing.Unlock()
	given, giveUp := context.WithCancel(t.Context())
	giveUp()
	if err := b.flush(given); err == nil {
		t.Fatal("they were written without the time for it")
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	if err := b.close(); err == nil {
		t.Error("a closed database took receipts")
	}
	b.add(seen{1, 1, 0})
	b.writer.Wait()
}
