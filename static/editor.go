package static

import (
	"math"
	"net/http"
	"time"
)

// EditorSignInPage asks for an email address and a password, or for a token.
type EditorSignInPage struct {
	ByToken bool
	Email   string
	// Outage is the slug of the outage to return to; empty for none.
	Outage string
	// Problem says why the last attempt failed.
	Problem string
	// OpenIDLabel is the text of the button for the identity provider, if there is one, and
	// OpenIDProblem says why the provider's last attempt failed.
	OpenIDLabel, OpenIDProblem string
	// WithPasskeys offers to sign in with a passkey.
	WithPasskeys bool
}

// EditorSignIn writes the sign-in page.
func (p *Pages) EditorSignIn(w http.ResponseWriter, page EditorSignInPage) error {
	status := http.StatusOK
	if page.Problem != "" || page.OpenIDProblem != "" {
		status = http.StatusUnprocessableEntity
	}
	return p.render(w, status, "editor_sign_in", "", page)
}

// EditorAlert is an alert and its progress.
type EditorAlert struct {
	ID int64
	// State is holding, sending, sent, stopped or superseded.
	State string
	// StopReason says why it stopped itself; empty otherwise.
	StopReason string
	// InPilot is true while only the first readers get it.
	InPilot   bool
	UndoUntil time.Time
	// UndoWithin is how much of the undo window is left.
	UndoWithin time.Duration
	// IsDrill is true if it is a drill's.
	IsDrill bool
	// MayStop is true if the viewer of the page may stop the alert while it is active.
	MayStop bool
	Counts
}

// UndoSeconds returns how much of the undo window is left, in seconds.
func (a EditorAlert) UndoSeconds() int { return int(math.Ceil(max(a.UndoWithin, 0).Seconds())) }

// Active reports whether the alert can still be stopped.
func (a EditorAlert) Active() bool { return a.State == "holding" || a.State == "sending" }

// EditorUpdate is an update with the alert it sent, if any.
type EditorUpdate struct {
	Update
	Alert *EditorAlert
	// CatchUps are the catch-ups being sent to readers whose alert was deferred,
	// and CaughtUp is the number of readers that a catch-up has reached.
	CatchUps []EditorAlert
	CaughtUp int
}

// EditorHidden is an update that readers do not see: its undo window is open, or it was
// undone.
type EditorHidden struct {
	ID    int64
	Alert EditorAlert
	// Headline and Body are as they were written.
	Headline, Body string
	SentAt         time.Time
}

// IsUndone reports whether the update will not become visible.
func (h EditorHidden) IsUndone() bool { return !h.Alert.Active() }

// EditorDraft is an update as typed so far.
type EditorDraft struct {
	// ID and Version are those of the saved draft that the form knows of; 0 for none.
	ID, Version                 int64
	Kind, Alert, Headline, Body string
	// Corrects is the ID of the update that it corrects, or 0.
	Corrects int64
	// Apps are the slugs it concerns, States what it sets them to.
	Apps   map[string]bool
	States map[string]string
}

// DrillBrowser is a browser that an editor has linked, which can get the alerts of a drill.
type DrillBrowser struct {
	ID          int64
	Owner, Name string
	// IsSilent is true if it gets nothing now, because its alerts are paused or it is gone.
	IsSilent bool
	// IsOwn is true if it is a browser of the viewer of the page.
	IsOwn bool
}

// EditorOutagePage is where an editor writes the coverage of one outage.
type EditorOutagePage struct {
	Actor  EditorActor
	Outage Outage
	// Apps are all apps, not only the outage's.
	Apps  []App
	Draft EditorDraft
	// Owner names the draft's owner, for this browser's copy of it.
	Owner string
	// SavedAt is nil unless the form shows the saved draft.
	SavedAt *time.Time
	// Approval is that of the saved draft; its ID is 0 if nobody has asked for it.
	Approval EditorApproval
	// Conflict is nil unless another text is saved than the form knew of.
	Conflict *EditorConflict
	// RequestKey is that of the next press of a button.
	RequestKey string
	// Tried is nil unless the draft was just sent to its writer's own browsers.
	Tried *EditorTried
	// Scheduled is what is published later, or could not be.
	Scheduled []EditorScheduled
	// Notification is what the saved draft would send.
	Notification EditorNotification
	// Audience is who the draft in the form would alert now; nil if that is unknown.
	Audience *EditorAudience
	// DrillBrowsers get the alerts of a drill, and OtherBrowsers are the viewer's that do not.
	// HasLinked is true if the viewer has linked a browser.
	DrillBrowsers, OtherBrowsers []DrillBrowser
	HasLinked                    bool
	// Presence is who else is writing about this outage now, and who has just sent what.
	Presence EditorPresence
	// Problems say why the draft is invalid.
	Problems []EditorProblem
	// Hidden are the updates in their undo window, and those that were undone lately.
	Hidden  []EditorHidden
	Updates []EditorUpdate
}

// DrillAudience is how many browsers would get a drill now.
func (e EditorOutagePage) DrillAudience() (browsers int) {
	for _, b := range e.DrillBrowsers {
		if !b.IsSilent {
			browsers++
		}
	}
	return browsers
}

// EditorOutage writes the editor's page of an outage.
func (p *Pages) EditorOutage(w http.ResponseWriter, page EditorOutagePage) error {
	status := http.StatusOK
	switch {
	case page.Conflict != nil:
		status = http.StatusConflict
	case len(page.Problems) > 0:
		status = http.StatusUnprocessableEntity
	}
	return p.render(w, status, "editor_outage", "", page)
}

// Kind returns the draft's kind; without one, the first that the outage allows.
func (e EditorOutagePage) Kind() string {
	switch {
	case e.Draft.Kind != "":
		return e.Draft.Kind
	case e.Outage.Ongoing():
		return "update"
	default:
		return "correction"
	}
}
