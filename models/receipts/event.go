package receipts

// Event is what happened to an alert's notification in a browser.
type Event string

const (
	Shown     Event = "shown"
	Clicked   Event = "clicked"
	Dismissed Event = "dismissed"
)

// Events are all of them, in the order of their columns.
var Events = [...]Event{Shown, Clicked, Dismissed}

// Seen is an event that a receipt proved.
type Seen struct {
	AlertID, Reader int64
	Event           int8 // its place in Events
}
