package static

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// EditorPreview shows the alert that a draft would send now.
type EditorPreview struct {
	// SendsAlert is false when the draft alerts nobody.
	SendsAlert bool
	// Audience is the number of readers. InQuietHours and OverCap of them are notified
	// later, in a catch-up.
	Audience, InQuietHours, OverCap int
	// Arrival says when shares of the readers will have it; empty if that is not known.
	Arrival []EditorArrival
	// First is how many readers get it first; if more than FirstRefused percent of their
	// pushes are refused, it stops itself. 0 if all readers get it at once.
	First, FirstRefused int
	// IsUncounted is true if they could not be counted in time.
	IsUncounted bool
	EditorNotification
}

// NotifiedNow is the number of readers that are not notified later.
func (p EditorPreview) NotifiedNow() int { return p.Audience - p.InQuietHours - p.OverCap }

// EditorLastAlert is the last alert of an outage.
type EditorLastAlert struct {
	// Ago is how long ago it was published.
	Ago time.Duration
	// Accepted pushes, and how many readers dismissed the notification.
	Accepted, Dismissed int
}

// String says when it was, and how it was received.
func (a EditorLastAlert) String() string {
	words := "Last alert " + ago(a.Ago)
	if a.Accepted == 0 {
		return words + "; it reached nobody."
	}
	percent := strconv.FormatFloat(100*float64(a.Dismissed)/float64(a.Accepted), 'f', 1, 64)
	return words + "; " + strings.TrimSuffix(percent, ".0") + "% dismissed it."
}

// ago says how long ago something was, as in "4 minutes ago".
func ago(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		switch n := int(d / unit.length); {
		case n == 1:
			return "1 " + unit.name + " ago"
		case n > 1:
			return fmt.Sprintf("%s %ss ago", count(n), unit.name)
		}
	}
	return "just now"
}

// EditorConfirmationPage asks whether to publish a draft, in words and numbers. It shows
// exactly what is published then.
type EditorConfirmationPage struct {
	Actor  EditorActor
	Outage Outage
	// Apps are all apps.
	Apps  []App
	Draft EditorDraft
	// Owner names the draft's owner, for this browser's copy of it.
	Owner   string
	Preview EditorPreview
	// Update is the draft as readers would see it.
	Update Update
	// Corrects is the headline of the update that it corrects; empty for none.
	Corrects string
	// LastAlert is nil if the outage has sent none.
	LastAlert *EditorLastAlert
	// RequestKey is that of the next press of a button.
	RequestKey string
	// Repeated is nil unless an alert in the same words has just been sent.
	Repeated *EditorRepeated
	// Need is nil unless the alert needs a second person.
	Need *EditorApprovalNeed
	// IsRefused is true if it was sent without the approval that it needs.
	IsRefused bool
	// Later is the form to publish it at a time.
	Later EditorLater
	// UndoWindow is how long the update can be undone.
	UndoWindow time.Duration
}

// EditorConfirmation writes the page between the draft and sending it.
func (p *Pages) EditorConfirmation(w http.ResponseWriter, page EditorConfirmationPage) error {
	status := http.StatusOK
	switch {
	case page.Repeated != nil, page.IsRefused:
		status = http.StatusConflict
	case page.Need != nil && page.Need.Problem != "", page.Later.Problem != "":
		status = http.StatusUnprocessableEntity
	}
	return p.render(w, status, "editor_confirmation", "", page)
}

// Question asks whether to publish.
func (e EditorConfirmationPage) Question() string {
	switch {
	case e.Outage.IsDrill:
		return e.drillQuestion()
	case !e.Preview.SendsAlert:
		return "Publish without an alert?"
	case e.Preview.IsUncounted:
		return "Send without knowing to how many readers?"
	case e.ReachesNobody():
		return "Nobody would get this alert"
	}
	return "Send to " + readers(e.Preview.Audience) + " now?"
}

func (e EditorConfirmationPage) drillQuestion() string {
	switch {
	case !e.Preview.SendsAlert:
		return "Publish this drill without an alert?"
	case e.Preview.IsUncounted:
		return "Send this drill without knowing to how many editors’ browsers?"
	case e.ReachesNobody():
		return "Nobody would get this drill"
	}
	return "Send this drill to " + editorsBrowsers(e.Preview.Audience) + " now?"
}

// MaySend reports whether the draft has the approval that it needs.
func (e EditorConfirmationPage) MaySend() bool { return e.Need == nil || e.Need.IsGiven() }

// MaySchedule reports whether it can be published at a time.
func (e EditorConfirmationPage) MaySchedule() bool {
	return e.Actor.HasAccount && e.MaySend() && !e.ReachesNobody() && e.Repeated == nil
}

// ReachesNobody reports whether the draft's alert has no readers: then it cannot be sent.
func (e EditorConfirmationPage) ReachesNobody() bool {
	return e.Preview.SendsAlert && !e.Preview.IsUncounted && e.Preview.Audience == 0
}

// StatesSet returns the states that the draft sets, as in "Messenger: Up".
func (e EditorConfirmationPage) StatesSet() []string {
	var words []string
	for _, app := range e.Apps {
		if state := e.Draft.States[app.Slug]; state != "" {
			words = append(words, app.Name+": "+stateWord(state))
		}
	}
	return words
}

// Concerned returns the apps that the draft names.
func (e EditorConfirmationPage) Concerned() []App {
	var apps []App
	for _, app := range e.Apps {
		if e.Draft.Apps[app.Slug] || e.Draft.States[app.Slug] != "" {
			apps = append(apps, app)
		}
	}
	return apps
}

// UndoSeconds returns how long the update can be undone, in seconds.
func (e EditorConfirmationPage) UndoSeconds() int { return int(e.UndoWindow.Seconds()) }
