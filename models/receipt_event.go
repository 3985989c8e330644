package models

// ReceiptEvent is what happened to an alert's notification in a browser.
type ReceiptEvent string

const (
	Shown     ReceiptEvent = "shown"
	Clicked   ReceiptEvent = "clicked"
	Dismissed ReceiptEvent = "dismissed"
)

// receiptEvents are all of them, in the order of their columns.
var receiptEvents = [...]ReceiptEvent{Shown, Clicked, Dismissed}
