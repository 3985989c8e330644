package static

import (
	"net/http"
	"time"
)

// EditorSignInPage asks for a token; Problem says why the last was refused.
type EditorSignInPage struct{ Problem string }

// EditorSignIn writes the sign-in page.
func (p *Pages) EditorSignIn(w http.ResponseWriter, page EditorSignInPage) error {
	status := http.StatusOK
	if page.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return p.render(w, status, "editor_sign_in", "", page)
}

// EditorFrontPage lists the outages, ongoing ones first.
type EditorFrontPage struct {
	Actor   string
	Outages []Outage
}

// EditorFront writes the editor's front page.
func (p *Pages) EditorFront(w http.ResponseWriter, page EditorFrontPage) error {
	return p.render(w, http.StatusOK, "editor_front", "", page)
}

// EditorAlert is an alert and how far it has come.
type EditorAlert struct {
	ID int64
	// State is holding, sending, sent, stopped or superseded.
	State     string
	HoldUntil time.Time
	Counts
}

// Active says that it can still be stopped.
func (a EditorAlert) Active() bool { return a.State == "holding" || a.State == "sending" }

// EditorUpdate is an update with the alert it sent, if any.
type EditorUpdate struct {
	Update
	Alert *EditorAlert
	// CatchUps are the alerts that tell it now to readers that it did not
	// disturb, and CaughtUp is how many have been told so.
	CatchUps []EditorAlert
	CaughtUp int
}

// EditorDraft is an update as typed so far.
type EditorDraft struct {
	Kind, Alert, Headline, Body string
	// Corrects is the ID of the update that it corrects, or 0.
	Corrects int64
	// Apps are the slugs it concerns, States what it sets them to.
	Apps   map[string]bool
	States map[string]string
}

// EditorPreview is what a draft's alert would do now.
type EditorPreview struct {
	// SendsAlert is false when the draft alerts nobody.
	SendsAlert bool
	// Audience is how many readers it is for; InQuietHours of them get a catch-up
	// when those end.
	Audience, InQuietHours int
	// Title and Body are the notification's.
	Title, Body string
}

// EditorOutagePage writes one outage's coverage.
type EditorOutagePage struct {
	Actor  string
	Outage Outage
	// Apps are all apps, not only the outage's.
	Apps  []App
	Draft EditorDraft
	// Problems are why the draft was refused.
	Problems []EditorProblem
	// Preview is there after one was asked for.
	Preview *EditorPreview
	Updates []EditorUpdate
}

// EditorOutage writes the editor's page of an outage.
func (p *Pages) EditorOutage(w http.ResponseWriter, page EditorOutagePage) error {
	status := http.StatusOK
	if len(page.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.render(w, status, "editor_outage", "", page)
}

// Kind is the draft's kind, or the first that the outage still admits.
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
