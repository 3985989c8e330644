package static

import (
	"net/http"
	"time"
)

// EditorApproval is how far the approval of a draft has come that needs a second person.
type EditorApproval struct {
	// ID is 0 if nobody has asked for approval.
	ID int64
	// State is empty, waiting, approved, returned or changed: the draft has changed since
	// approval was asked for.
	State string
	// By is who approved or returned it, and Reason why it was returned.
	By, Reason string
}

// EditorApprovalNeed says why a draft's alert needs a second person.
type EditorApprovalNeed struct {
	EditorApproval
	// AboveReaders is the limit that the audience exceeds; nil for a key moment.
	AboveReaders *int
	// IsUncounted is true if the audience could not be counted, so that it may exceed that.
	IsUncounted bool
	// MayAsk is true for a person.
	MayAsk bool
	// MayOverride is true for a chief. Reason and Problem are those of the chief's form.
	MayOverride             bool
	OverrideReason, Problem string
}

// Why says why a second person is needed.
func (n EditorApprovalNeed) Why() string {
	if n.IsUncounted {
		return "This alert may need a second person: one to more than " + readers(*n.AboveReaders) + " does."
	}
	if n.AboveReaders != nil {
		return "An alert to more than " + readers(*n.AboveReaders) + " needs a second person."
	}
	return "A key moment needs a second person."
}

// IsGiven reports whether the draft may be sent.
func (n EditorApprovalNeed) IsGiven() bool { return n.State == "approved" }

// EditorWaiting is a draft that waits for approval.
type EditorWaiting struct {
	ID                       int64
	Headline, Outage, Writer string
	Asked                    time.Time
	// IsMine is true for the writer, who cannot approve it.
	IsMine, IsDrill bool
}

// EditorApprovalPage shows a draft to the second person, who approves it or returns it.
type EditorApprovalPage struct {
	EditorConfirmationPage
	EditorApproval
	Writer string
	Asked  time.Time
	// IsMine is true for the writer, and MayDecide for a second person while it waits.
	IsMine, MayDecide bool
	// Answer and Problem are those of the form that returns it. Conflict says why it could
	// not be approved or returned.
	Answer, Problem, Conflict string
}

// EditorApproval writes the page.
func (p *Pages) EditorApproval(w http.ResponseWriter, page EditorApprovalPage) error {
	status := http.StatusOK
	switch {
	case page.Conflict != "":
		status = http.StatusConflict
	case page.Problem != "":
		status = http.StatusUnprocessableEntity
	}
	return p.render(w, status, "editor_approval", "", page)
}

// EditorPolicyPage changes which alerts need a second person.
type EditorPolicyPage struct {
	Actor EditorActor
	// AboveReaders is as typed; empty for no limit.
	AboveReaders string
	KeyMoments   bool
	IsSaved      bool
	Problems     FormProblems
}

// EditorPolicy writes the page.
func (p *Pages) EditorPolicy(w http.ResponseWriter, page EditorPolicyPage) error {
	return p.render(w, formStatus(page.Problems), "editor_policy", "", page)
}
