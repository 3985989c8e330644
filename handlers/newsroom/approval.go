package newsroom

import (
	"errors"
	"fmt"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/models/validation"
	"newsbell/static"
)

// askForApproval asks for the approval of a saved draft, and leads to its page.
func (n *Newsroom) askForApproval(c *gin.Context, draft models.Draft) error {
	approval, err := n.store.AskForApproval(c.Request.Context(), sessionOf(c), draft.Outage, draft.From.Known)
	if errors.Is(err, models.ErrUnauthorized) {
		n.errors.Forbid(c, "Tokens cannot ask for approval.")
		return nil
	}
	if err != nil {
		return n.showProblems(c, draft, err)
	}
	n.redirect(c, fmt.Sprintf("/approvals/%d", approval.ID))
	return nil
}

func (n *Newsroom) approvalPage(c *gin.Context) error {
	return n.showApproval(c, static.EditorApprovalPage{})
}

// showApproval writes the page on which a draft is approved or returned.
func (n *Newsroom) showApproval(c *gin.Context, page static.EditorApprovalPage) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	approval, isCurrent, err := n.store.Approval(c.Request.Context(), id)
	if err != nil {
		return err
	}
	draft := approval.Content
	draft.Outage, draft.OutageKind, draft.From = approval.Outage.Slug, approval.Outage.Kind, &models.DraftSource{Session: sessionOf(c), Known: approval.At()}
	if page.Preview, err = n.previewAudience(c.Request.Context(), draft, n.audiences.Of); err != nil {
		return err
	}
	if err := n.fillConfirmation(c, &page.EditorConfirmationPage, draft); err != nil {
		return err
	}
	person := sessionOf(c).Person
	page.EditorApproval = approvalView(approval, isCurrent)
	page.Writer, page.Asked = approval.Writer.Name, approval.AskedAt
	page.IsMine = person != nil && person.ID == approval.WriterID
	page.MayDecide = person != nil && !page.IsMine && page.State == string(models.ApprovalWaiting)
	return n.pages.EditorApproval(c.Writer, page)
}

func (n *Newsroom) approve(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := n.store.Approve(c.Request.Context(), sessionOf(c), id); err != nil {
		return n.showUndecided(c, static.EditorApprovalPage{}, err)
	}
	n.redirect(c, fmt.Sprintf("/approvals/%d", id))
	return nil
}

func (n *Newsroom) returnDraft(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	reason := c.PostForm("reason")
	if err := n.store.ReturnDraft(c.Request.Context(), sessionOf(c), id, reason); err != nil {
		return n.showUndecided(c, static.EditorApprovalPage{Answer: reason}, err)
	}
	n.redirect(c, fmt.Sprintf("/approvals/%d", id))
	return nil
}

// showUndecided shows why a draft could not be approved or returned.
func (n *Newsroom) showUndecided(c *gin.Context, page static.EditorApprovalPage, err error) error {
	switch {
	case errors.Is(err, models.ErrOwnDraft):
		page.Conflict = "You wrote this, so a second person must decide."
	case errors.Is(err, models.ErrDraftChanged):
		page.Conflict = "Nothing was decided: the draft was changed or published since. The writer must ask for approval anew."
	case errors.Is(err, models.ErrDecided):
		page.Conflict = "Somebody else has decided already."
	case errors.Is(err, models.ErrUnauthorized):
		n.errors.Forbid(c, "Only editors and chiefs with an account can approve or return a draft.")
		return nil
	default:
		problems, ok := problemsOf(err)
		if !ok {
			return err
		}
		page.Problem = reasonProblem(problems)
	}
	return n.showApproval(c, page)
}

// reasonProblem says what is wrong with a reason.
func reasonProblem(problems static.FormProblems) string {
	return "The reason " + problems[0].Words + "."
}

// approvalView returns the view of an approval, of which the draft may have changed.
func approvalView(a models.Approval, isCurrent bool) static.EditorApproval {
	view := static.EditorApproval{ID: a.ID, State: string(a.State), Reason: a.Reason}
	if a.Decider != nil {
		view.By = a.Decider.Name
	}
	if !isCurrent && a.State != models.ApprovalReturned {
		view.State = "changed"
	}
	return view
}

// draftApproval returns the approval of a version of a saved draft; without ID if nobody has
// asked for it.
func (n *Newsroom) draftApproval(c *gin.Context, at models.DraftVersion) (static.EditorApproval, error) {
	approval, err := n.store.DraftApproval(c.Request.Context(), at.ID)
	if errors.Is(err, models.ErrNotFound) {
		return static.EditorApproval{}, nil
	}
	return approvalView(approval, approval.At() == at), err
}

// addNeed says whether a draft's alert needs a second person, and how far that has come.
func (n *Newsroom) addNeed(c *gin.Context, page *static.EditorConfirmationPage, draft models.Draft) error {
	err := n.store.CheckPolicy(c.Request.Context(), draft)
	needed, ok := errors.AsType[*models.ApprovalNeededError](err)
	if !ok {
		return err
	}
	if page.Need == nil {
		page.Need = &static.EditorApprovalNeed{}
	}
	page.Need.AboveReaders, page.Need.IsUncounted = needed.AboveReaders, needed.IsUncounted
	page.Need.MayAsk = sessionOf(c).Person != nil
	page.Need.MayOverride = sessionOf(c).Role().Includes(models.RoleChief)
	page.Need.EditorApproval, err = n.draftApproval(c, draft.From.Known)
	return err
}

// waiting returns the drafts that wait for approval.
func (n *Newsroom) waiting(c *gin.Context) ([]static.EditorWaiting, error) {
	approvals, err := n.store.WaitingApprovals(c.Request.Context())
	person := sessionOf(c).Person
	var waiting []static.EditorWaiting
	for _, a := range approvals {
		waiting = append(waiting, static.EditorWaiting{
			ID: a.ID, Headline: a.Content.Headline, Outage: a.Outage.Headline, Writer: a.Writer.Name, Asked: a.AskedAt,
			IsMine: person != nil && person.ID == a.WriterID, IsDrill: a.Outage.IsDrill(),
		})
	}
	return waiting, err
}

// problemsOfReason returns the problems of a chief's reason, if it has any.
func problemsOfReason(err error) (static.FormProblems, bool) {
	invalid, ok := errors.AsType[*validation.Invalid](err)
	if !ok || invalid.Problems[0].Field != "reason" {
		return nil, false
	}
	return problemsOf(err)
}
