package static

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// EditorAlertPage is where the newsroom watches an alert.
type EditorAlertPage struct {
	Actor    EditorActor
	Outage   Outage
	UpdateID int64
	Headline string
	EditorProgress
}

// EditorProgress is the part of the page that changes while the alert is sent.
type EditorProgress struct {
	EditorAlert
	IsCatchUp bool
	// IsUndone says that the alert was taken back in its undo window.
	IsUndone bool
	// IsEnding says that the alert was stopped or superseded, and that the pages in flight
	// are not recorded yet. FinishedAt is nil until all is recorded.
	IsEnding   bool
	FinishedAt *time.Time
	// PerSecond is how many pushes are accepted a second now.
	PerSecond int
	Services  []EditorService
	Troubles  []EditorTrouble
	// Milestones say when shares of the readers were reached.
	Milestones []EditorMilestone
	// Chart is nil if nothing is known of the times.
	Chart *EditorChart
}

// EditorService is what happened at one push service.
type EditorService struct {
	// Name is its maker, Host its host.
	Name, Host string
	Counts
}

// Unreached says how many wait for a retry, or have failed.
func (s EditorService) Unreached() string {
	var parts []string
	for _, part := range []struct {
		n         int
		one, many string
	}{{s.Waiting, "1 waits", " wait"}, {s.Failed, "1 failed", " failed"}} {
		switch {
		case part.n == 1:
			parts = append(parts, part.one)
		case part.n > 1:
			parts = append(parts, count(part.n)+part.many)
		}
	}
	return strings.Join(parts, ", ")
}

// EditorTrouble is what is wrong at a push service, and what to do about it.
type EditorTrouble struct {
	Words, Advice string
	// RetriedUntil is nil if no push waits for a retry.
	RetriedUntil *time.Time
}

// EditorMilestone is when a share of the readers was reached.
type EditorMilestone struct {
	// Percent is the share.
	Percent int
	// Estimated is when that many pushes should have been accepted, judging by the last
	// alerts; Accepted and Shown are when they were. Each is nil if that is not known.
	Estimated, Accepted, Shown *EditorMoment
}

// EditorMoment is a time in the course of an alert.
type EditorMoment struct {
	At time.Time
	// After is the time since the sending began.
	After time.Duration
}

// AfterWords returns the time since the sending began, such as "1.5 s", "2 min" or "3.5 h".
func (m EditorMoment) AfterWords() string {
	switch d := m.After; {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.3g s", max(d.Seconds(), .1))
	case d < 2*time.Hour:
		return fmt.Sprintf("%.3g min", d.Minutes())
	default:
		return fmt.Sprintf("%.3g h", d.Hours())
	}
}

// EditorChart is the delivery curve of an alert, as columns: numbers of readers at times,
// which are in seconds since the sending began.
type EditorChart struct {
	// Most is the number at the upper edge.
	Most    int       `json:"most"`
	Seconds []float64 `json:"seconds"`
	// The columns have null where nothing is known.
	Estimate []*int `json:"estimate"`
	Accepted []*int `json:"accepted"`
	Shown    []*int `json:"shown"`
}

// JSON returns the chart for the script that draws it.
func (c EditorChart) JSON() (string, error) {
	encoded, err := json.Marshal(c)
	return string(encoded), err
}

// EditorAlertPage writes the page of an alert.
func (p *Pages) EditorAlertPage(w http.ResponseWriter, page EditorAlertPage) error {
	return p.render(w, http.StatusOK, "editor_alert", "", page)
}

// EditorAlertProgress returns the HTML of the part that changes.
func (p *Pages) EditorAlertProgress(progress EditorProgress) (string, error) {
	return p.fragment("editor_alert", "progress", progress)
}

// StopWord is the word on the button that takes the alert back; empty if nothing can be.
func (e EditorProgress) StopWord() string {
	switch {
	case !e.Active() || !e.MayStop:
		return ""
	case e.IsDrill:
		return e.stopWord() + " drill"
	}
	return e.stopWord()
}

func (e EditorProgress) stopWord() string {
	if e.State == "holding" {
		return "Undo"
	}
	return "Stop"
}

// StateWords say what the alert is doing.
func (e EditorProgress) StateWords() string {
	if e.IsDrill {
		return "Drill: " + e.stateWords()
	}
	return e.stateWords()
}

func (e EditorProgress) stateWords() string {
	reached := count(e.Accepted) + " of " + readers(e.Audience)
	switch {
	case e.State == "holding":
		return "Undo window: nothing has been sent"
	case e.State == "sending" && e.InPilot:
		return "Sending to the first readers"
	case e.IsUndone:
		return "Undone: nothing was sent"
	case e.State == "sending":
		return "Sending"
	case e.State == "sent":
		return "Sent: accepted for " + reached
	case e.IsEnding && e.State == "stopped":
		return "Stopping: the last pushes are being recorded"
	case e.State == "stopped":
		return "Stopped: accepted for " + reached + ", not sent to " + count(e.Remaining)
	case e.IsEnding:
		return "Superseded by a newer alert: the last pushes are being recorded"
	}
	return "Superseded by a newer alert: accepted for " + reached + ", not sent to " + count(e.Remaining)
}
