package models

import (
	"context"
	"fmt"
	"slices"
)

// ReceiptEvent is what happened to an alert's notification in a browser.
type ReceiptEvent string

const (
	Shown     ReceiptEvent = "shown"
	Clicked   ReceiptEvent = "clicked"
	Dismissed ReceiptEvent = "dismissed"
)

// receiptEvents are all of them, in the order of their columns.
var receiptEvents = [...]ReceiptEvent{Shown, Clicked, Dismissed}

// Receipt is what a browser reports of an alert's notification.
type Receipt struct {
	AlertID int64
	// Proof is the receipt that the push brought along.
	Proof string
	Event ReceiptEvent
}

// RecordReceipts counts what browsers report, each reader once for each event
// of an alert. A receipt that proves nothing, or an event that nobody knows, is
// left out. Only the key may be asked of the database, once in a process's life.
//
// Nothing waits for the receipts to be written: that is done about once a
// second. A process that dies takes the last second's along, and more than the
// database can take in time are dropped. They are statistics, and nobody who
// reads news may wait for those.
func (s *Store) RecordReceipts(ctx context.Context, receipts ...Receipt) error {
	key, err := s.ReceiptKey(ctx)
	if err != nil {
		return fmt.Errorf("record receipts: %w", err)
	}
	for _, r := range receipts {
		event := slices.Index(receiptEvents[:], r.Event)
		if event < 0 {
			continue
		}
		if reader, ok := key.Reader(r.AlertID, r.Proof); ok {
			s.receipts.add(seen{r.AlertID, reader, int8(event)})
		}
	}
	return nil
}

// FlushReceipts returns when everything that was recorded before has been
// written. Closing the store does it too.
func (s *Store) FlushReceipts(ctx context.Context) error { return s.receipts.flush(ctx) }
