package newsroom

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/models/validation"
	"newsbell/static"
)

// submitUpdate saves a draft and asks for confirmation, or publishes or saves it if that
// button was pressed.
func (n *Newsroom) submitUpdate(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		n.errors.Abort(c, formStatus(err))
		return nil
	}
	draft := draftOf(c)
	outage, err := n.store.OutageOrDrill(c.Request.Context(), draft.Outage)
	if err != nil {
		return err
	}
	if outage.Kind != cmp.Or(draft.OutageKind, models.OrdinaryOutage) {
		return n.showProblems(c, draft, models.ErrOtherKind)
	}
	switch c.PostForm("do") {
	case "publish", "again":
		return n.publish(c, draft)
	case "try":
		return n.tryDraft(c, draft)
	case "publish-silently":
		draft.Alert = models.AlertNone
		return n.publish(c, draft)
	case "override":
		reason := c.PostForm("reason")
		draft.Override = &reason
		return n.publish(c, draft)
	case "ask":
		return n.askForApproval(c, draft)
	case "schedule":
		return n.schedule(c, draft)
	case "save":
		return n.save(c, draft)
	}
	return n.confirm(c, draft)
}

func (n *Newsroom) publish(c *gin.Context, draft models.Draft) error {
	published, err := n.publisher.Update(c.Request.Context(), draft)
	if draft.Override != nil {
		if problems, ok := problemsOfReason(err); ok {
			return n.confirmAgain(c, draft, static.EditorConfirmationPage{
				Need: &static.EditorApprovalNeed{OverrideReason: *draft.Override, Problem: reasonProblem(problems)},
			})
		}
		if errors.Is(err, models.ErrUnauthorized) {
			n.errors.Forbid(c, "Only a chief can send without the approval of a second person.")
			return nil
		}
	}
	if err != nil {
		return n.showProblems(c, draft, err)
	}
	n.redirectToUpdate(c, draft.Outage, published.Update.ID)
	return nil
}

// tryDraft sends a draft's notification to the browsers that its writer has linked, and
// shows the draft again.
func (n *Newsroom) tryDraft(c *gin.Context, draft models.Draft) error {
	ctx, person := c.Request.Context(), sessionOf(c).Person
	if err := draft.Validate(); err != nil {
		return n.showProblems(c, draft, err)
	}
	outage, err := n.store.OutageOrDrill(ctx, draft.Outage)
	if err != nil {
		return err
	}
	page := static.EditorOutagePage{Draft: draftView(draft), Tried: &static.EditorTried{}}
	if person == nil {
		return n.showOutage(c, page)
	}
	linked, err := n.publisher.DraftNotices(ctx, *person, n.notifications.OfDraft(outage, draft))
	if err != nil {
		return err
	}
	for _, browser := range linked {
		page.Tried.Browsers = append(page.Tried.Browsers, browser.Name)
	}
	return n.showOutage(c, page)
}

// showProblems shows a draft again, with its problems.
func (n *Newsroom) showProblems(c *gin.Context, draft models.Draft, err error) error {
	if errors.Is(err, models.ErrOtherKind) { // the text must not stand in the form of the other kind
		n.errors.Refuse(c, http.StatusConflict, otherKind)
		return nil
	}
	page := static.EditorOutagePage{Draft: draftView(draft)}
	if invalid, ok := errors.AsType[*validation.Invalid](err); ok {
		for _, p := range invalid.Problems {
			page.Problems = append(page.Problems, static.EditorProblem{Field: p.Field, Words: p.Message})
		}
	} else if changed, ok := errors.AsType[*models.DraftChangedError](err); ok {
		conflictView(&page, changed.Saved)
	} else if repeated, ok := errors.AsType[*models.RepeatedError](err); ok {
		return n.confirmAgain(c, draft, static.EditorConfirmationPage{
			Repeated: &static.EditorRepeated{UpdateID: repeated.UpdateID, PublishedAt: repeated.PublishedAt},
		})
	} else if _, ok := errors.AsType[*models.ApprovalNeededError](err); ok {
		return n.confirmAgain(c, draft, static.EditorConfirmationPage{IsRefused: true})
	} else if errors.Is(err, models.ErrRequestUsed) {
		page.Problems = []static.EditorProblem{{Words: "This form has already published an update, or scheduled one. To publish this as well, press Preview again."}}
	} else if errors.Is(err, models.ErrConflict) {
		page.Problems = []static.EditorProblem{{Words: "The outage is resolved, so you can only publish corrections."}}
	} else {
		return err
	}
	return n.showOutage(c, page)
}

const otherKind = "Nothing was changed or sent: drills and outages are kept apart, and this form was for the other one. Go back to the newsroom and open the right page."

func formStatus(err error) int {
	if _, isTooLong := errors.AsType[*http.MaxBytesError](err); isTooLong {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}
