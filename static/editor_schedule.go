package static

import "time"

// EditorLater is the form that publishes a draft at a time.
type EditorLater struct {
	// Typed is the date and the time as typed, and Problem what is wrong with them.
	Typed, Problem string
	// Zone is the newsroom's time zone.
	Zone string
}

// EditorScheduled is an update that is published at a time, or that could not be.
type EditorScheduled struct {
	ID                     int64
	Outage                 Outage
	Headline, Body, Writer string
	// At is its time in the newsroom's time zone.
	At         time.Time
	SendsAlert bool
	// Problem is unscheduled, late, resolved, repeated, unapproved, writer or invalid; empty
	// while it waits.
	Problem string
}

// When is its time in words, as in "Sat 28 Nov 2026, 18:05, Europe/London".
func (s EditorScheduled) When() string {
	return s.At.Format("Mon 2 Jan 2006, 15:04, ") + s.At.Location().String()
}

// IsOnTheHour reports whether the alert goes out when push services are busiest.
func (s EditorScheduled) IsOnTheHour() bool { return s.SendsAlert && s.At.Minute() == 0 }

// scheduleProblems says why a scheduled update was not published.
var scheduleProblems = map[string]string{
	"unscheduled": "It was unscheduled. Its writer has another draft, so the text is kept here.",
	"late":        "Newsbell did not run at that time, and its words may be wrong by now.",
	"resolved":    "The outage was resolved before.",
	"repeated":    "The same words had been sent a few minutes before.",
	"unapproved":  "By then its alert needed the approval of a second person.",
	"writer":      "Its writer may not publish any more.",
	"invalid":     "Something that it names is not there any more.",
}

// Why says why it was not published.
func (s EditorScheduled) Why() string { return scheduleProblems[s.Problem] }
