package static

import (
	"net/http"
	"time"
)

// EditorPerson is a person of the newsroom.
type EditorPerson struct {
	ID                int64
	Name, Email, Role string
	// HasPassword is false for people of an identity provider.
	HasPassword bool
	// IsActor is true for the person who looks at the page.
	IsActor bool
}

// EditorInvitation is an invitation that has not been accepted.
type EditorInvitation struct {
	ID          int64
	Email, Role string
	Expires     time.Time
}

// EditorPeoplePage lists the people of the newsroom and invites others.
type EditorPeoplePage struct {
	Actor       EditorActor
	People      []EditorPerson
	Invitations []EditorInvitation
	// Email and Role are those of the form.
	Email, Role string
	Problems    FormProblems
}

// EditorPeople writes the page of all people.
func (p *Pages) EditorPeople(w http.ResponseWriter, page EditorPeoplePage) error {
	return p.render(w, formStatus(page.Problems), "editor_people", "", page)
}

// EditorPersonPage changes the role of a person, makes a reset link and removes them.
type EditorPersonPage struct {
	Actor  EditorActor
	Person EditorPerson
	// Conflict says why a change was not made.
	Conflict string
}

// EditorPerson writes the page of a person.
func (p *Pages) EditorPerson(w http.ResponseWriter, page EditorPersonPage) error {
	status := http.StatusOK
	if page.Conflict != "" {
		status = http.StatusConflict
	}
	return p.render(w, status, "editor_person", "", page)
}

// EditorLinkPage shows a link to copy, once.
type EditorLinkPage struct {
	Actor EditorActor
	URL   string
	// Resets is true for a reset link.
	Resets bool
	Email  string
	// Role is that of the invitation.
	Role    string
	Expires time.Time
}

// EditorLink writes the page of a new link.
func (p *Pages) EditorLink(w http.ResponseWriter, page EditorLinkPage) error {
	return p.render(w, http.StatusOK, "editor_link", "", page)
}

// formStatus is the status of a page with a form.
func formStatus(problems FormProblems) int {
	if len(problems) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}
