package static

import (
	"fmt"
	"strings"
	"time"

	"github.com/rivo/uniseg"
)

// EditorConflict is the saved draft that the form did not know of.
type EditorConflict struct {
	Headline, Body string
	// IsGone says that nothing is saved any more: it was published or emptied.
	IsGone bool
}

// EditorRepeated is the update that has just sent an alert in the same words.
type EditorRepeated struct {
	UpdateID    int64
	PublishedAt time.Time
}

// EditorWriter is somebody who is writing.
type EditorWriter struct {
	Name    string
	SavedAt time.Time
}

// EditorSent is an update that somebody has just published.
type EditorSent struct {
	Name, Headline string
	HasAlert       bool
	At             time.Time
}

// EditorPresence is who is at work on an outage: the others who are writing about it, and who
// has just sent what.
type EditorPresence struct {
	Writers []EditorWriter
	Sent    []EditorSent
}

// Presence renders it as the page of the outage shows it, for a page that is open.
func (p *Pages) Presence(presence EditorPresence) (string, error) {
	return p.fragment("editor_outage", "presence", presence)
}

// EditorTried is a draft that its writer has sent to their own browsers.
type EditorTried struct {
	// Browsers are the names of those that it was sent to; none are linked if it is empty.
	Browsers []string
}

// EditorAudience counts the readers that a draft would alert now, each once.
type EditorAudience struct {
	Readers int `json:"readers"`
	// All, Key and Resolution count them by level.
	All        int `json:"all"`
	Key        int `json:"key"`
	Resolution int `json:"resolution"`
	// InQuietHours and OverCap are notified later.
	InQuietHours int                 `json:"in_quiet_hours"`
	OverCap      int                 `json:"over_cap"`
	PushServices []EditorPushService `json:"push_services"`
	// Arrival says when shares of the readers will have it; empty if that is not known.
	Arrival []EditorArrival `json:"arrival"`
}

// NotifiedNow is the number of readers that are not notified later.
func (a EditorAudience) NotifiedNow() int { return a.Readers - a.InQuietHours - a.OverCap }

// EditorArrival is an estimate: the time by which push services will have accepted a share
// of an alert's pushes if it is published now.
type EditorArrival struct {
	Percent int       `json:"percent"`
	At      time.Time `json:"at"`
}

// EditorPushService is a push service of an audience, the largest first.
type EditorPushService struct {
	Name    string `json:"name"`
	Readers int    `json:"readers"`
}

// CutOff says after about how many characters a browser cuts a notification.
type CutOff struct {
	Browser        string
	Headline, Text int
}

// cutOffs are approximate: they depend on the width of letters and screens. Their sources
// are in docs/newsroom.md.
var cutOffs = []CutOff{
	{"Chrome on Windows", 70, 140},
	{"Firefox on Windows", 50, 200},
	{"Chrome on macOS", 43, 88},
	{"Chrome on Android", 35, 50},
	{"Safari on iOS", 30, 180},
}

// CutOffs returns where browsers cut a notification.
func (EditorOutagePage) CutOffs() []CutOff { return cutOffs }

// EditorNotification is the text of a notification.
type EditorNotification struct {
	Title string `json:"title"`
	Body  string `json:"body"`
}

// ShownNotification is a notification as a browser cuts it.
type ShownNotification struct {
	CutOff
	EditorNotification
}

// InBrowsers returns the notification as each browser cuts it, as previews.js does.
func (n EditorNotification) InBrowsers() []ShownNotification {
	shown := make([]ShownNotification, len(cutOffs))
	for i, c := range cutOffs {
		shown[i] = ShownNotification{c, EditorNotification{cut(n.Title, c.Headline), cut(n.Body, c.Text)}}
	}
	return shown
}

// cut cuts a text to a number of graphemes, of which an ellipsis is the last.
func cut(text string, limit int) string {
	graphemes := uniseg.NewGraphemes(text)
	length, end := 0, 0
	for graphemes.Next() {
		if length++; length == limit {
			_, end = graphemes.Positions()
			end -= len(graphemes.Str())
		}
	}
	if length <= limit {
		return text
	}
	return strings.TrimSpace(text[:end]) + "…"
}

// Length says how long a text is, in graphemes, as counters.js does.
func (EditorOutagePage) Length(text string) string {
	if n := uniseg.GraphemeClusterCount(text); n != 1 {
		return fmt.Sprintf("%s characters", count(n))
	}
	return "1 character"
}
