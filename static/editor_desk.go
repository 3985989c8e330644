package static

import (
	"net/http"
	"time"
)

// DeskOutage is an outage as the newsroom lists it.
type DeskOutage struct {
	Outage
	Followers int
	// LastAlert is nil if there was none; Reached is how many pushes of it were accepted.
	LastAlert *time.Time
	Reached   int
	Writers   []DeskWriter
}

// DeskWriter is somebody who is writing about an outage now.
type DeskWriter struct {
	EditorWriter
	// IsYou is true for the viewer of the page. Headline is what they have written so far; it may
	// be empty.
	IsYou    bool
	Headline string
}

// EditorFrontPage lists the outages and the drills, ongoing ones first.
type EditorFrontPage struct {
	Actor EditorActor
	// Waiting are the drafts that wait for approval.
	Waiting []EditorWaiting
	// Scheduled is what is published later, or could not be.
	Scheduled []EditorScheduled
	Outages   []DeskOutage
	Drills    []DeskOutage
}

// EditorFront writes the editor's front page.
func (p *Pages) EditorFront(w http.ResponseWriter, page EditorFrontPage) error {
	return p.render(w, http.StatusOK, "editor_front", "", page)
}

// EditorOutageFormPage opens an outage or edits one.
type EditorOutageFormPage struct {
	Actor EditorActor
	// Address is the slug of the outage that is edited; empty for a new one.
	Address string
	// IsDrill says that it is a drill.
	IsDrill bool
	// ID is that of the outage. Known identifies what the form knows of it. Newer is nil unless somebody else has
	// edited the outage since.
	ID    int64
	Known string
	Newer *Outage
	// Ongoing is true if the outage that is edited can be closed; otherwise it can be opened
	// again. StateProblem says why that did not happen.
	Ongoing      bool
	StateProblem string
	// Apps are all apps to choose from.
	Apps []App
	// The rest is the form: Chosen and States are by the slugs of apps.
	Headline, Standfirst, Slug string
	Chosen                     map[string]bool
	States                     map[string]string
	Problems                   FormProblems
}

// EditorOutageForm writes the page.
func (p *Pages) EditorOutageForm(w http.ResponseWriter, page EditorOutageFormPage) error {
	status := formStatus(page.Problems)
	if page.Newer != nil || page.StateProblem != "" {
		status = http.StatusConflict
	}
	return p.render(w, status, "editor_outage_form", "", page)
}

// EditorApp is an app as the newsroom lists it.
type EditorApp struct {
	App
	Followers int
}

// EditorAppsPage lists the apps and creates others.
type EditorAppsPage struct {
	Actor EditorActor
	Apps  []EditorApp
	// Name and Slug are those of the form.
	Name, Slug string
	Problems   FormProblems
}

// EditorApps writes the page of all apps.
func (p *Pages) EditorApps(w http.ResponseWriter, page EditorAppsPage) error {
	return p.render(w, formStatus(page.Problems), "editor_apps", "", page)
}

// EditorAppPage changes an app.
type EditorAppPage struct {
	Actor EditorActor
	App   App
	// Name and State are those of the form.
	Name, State string
	Problems    FormProblems
	// RetireProblem says why the app cannot be retired.
	RetireProblem string
}

// EditorApp writes the page of an app.
func (p *Pages) EditorApp(w http.ResponseWriter, page EditorAppPage) error {
	status := formStatus(page.Problems)
	if page.RetireProblem != "" {
		status = http.StatusConflict
	}
	return p.render(w, status, "editor_app", "", page)
}
